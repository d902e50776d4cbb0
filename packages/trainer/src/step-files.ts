import { join } from 'node:path';
import { encodeNpz } from '@vae/sdk/media';
import type { Dataset } from './data/dataset.js';
import { atomicFolder } from './files/atomic-write.js';
import type { Shape } from './graph/shape.js';
import { labelWidth } from './model/label.js';
import { OPSET } from './onnx/model.js';
import { writeOnnx } from './onnx/writer.js';
import { nextName } from './optimizers/update.js';
import { buildPrograms, initialState, type Programs } from './programs.js';
import type { Recipe } from './recipe/recipe.js';
import { bytesToWrite, requireMemory } from './run/memory.js';
import { exportTarget } from './targets/export.js';
import { inPrecision } from './targets/float16.js';
import { lower } from './targets/lower.js';

const termMeanings = (modelled: string): Readonly<Record<string, string>> => ({
  loss: 'what the step minimises, nats per sample, mean over the batch by weight',
  bound: `lower bound on log ${modelled}, nats per sample, mean over the batch by weight`,
  gradientNorm: 'Euclidean norm of the whole gradient, before clipping',
});

interface Outputs {
  /** The state that an output replaces, by the output's name. */
  readonly replaces: ReadonlyMap<string, string>;
  /** What the model is of: p(x), or p(x|y). */
  readonly modelled: string;
}

function describeOutput(name: string, shape: Shape, { replaces, modelled }: Outputs) {
  const state = replaces.get(name);
  const meaning = state
    ? `the new value of ${state}; feed it as ${state} in the next step`
    : (termMeanings(modelled)[name] ?? `the term "${name}", nats per sample, mean over the batch by weight`);
  return { name, shape, meaning, ...(state && { replaces: state }) };
}

/** `encoder.0-conv2d.weight` → network, layer and tensor. */
function describeParameter(name: string, shape: readonly number[]) {
  const [network, ...rest] = name.split('.');
  const tensor = rest.pop();
  const place = { network, ...(rest.length > 0 && { layer: rest.join('.') }), tensor };
  return { name, shape, place, input: name, output: nextName(name) };
}

/** The contents of step.json: every input, output and parameter of step.onnx, for whoever runs it. */
export function describeStep(
  { train, parameters }: Programs,
  recipe: Recipe,
  { shape, range = [0, 1], classes }: Pick<Dataset, 'shape' | 'range' | 'classes'>,
) {
  const replaces = new Map([...train.updates].map(([state, output]) => [output, state]));
  const isConditional = labelWidth(train.graph) > 0;
  const outputs = { replaces, modelled: isConditional ? 'p(x|y)' : 'p(x)' };
  return {
    format: 'vae-step',
    version: 1,
    recipe: recipe.name,
    opset: OPSET,
    data: { shape, range, ...(isConditional && { classes }) },
    batch: { axis: 'N', recommended: recipe.batch },
    inputs: train.graph.inputs.map(({ name, role, shape, meaning }) => ({
      name,
      role,
      shape,
      meaning,
      ...(train.scalars.has(name) && { firstValue: train.scalars.get(name)!.schedule(0) }),
      ...(train.noises.has(name) && { noise: train.noises.get(name)!.source }),
    })),
    outputs: [...train.graph.outputs].map(([name, { shape }]) => describeOutput(name, shape, outputs)),
    parameters: [...parameters].map(([name, { shape }]) => describeParameter(name, shape)),
  };
}

/**
 * Writes a training step that any ONNX Runtime can run: `step.onnx` (forward, backward and update, plain standard
 * operators, batch size open), `step.json` (what every input, output and parameter is) and `state.npz` (the state
 * before the first step).
 *
 * @param form extents of an item, what values lie between, and the classes where the recipe is conditional; a data set has
 *   them
 * @returns the paths of the files
 * @throws TrainerError "bad-shape" when the networks do not fit the data; "bad-data" for a conditional recipe without
 *   classes; "bad-file" when `out` cannot be written
 * @example
 * const recipe = await loadRecipe('seed-cvae');
 * await writeStepFiles('step', recipe, { shape: [1, 28, 28] }, { overwrite: false });
 */
export async function writeStepFiles(
  out: string,
  recipe: Recipe,
  form: Pick<Dataset, 'shape' | 'range' | 'classes'>,
  { overwrite }: { overwrite: boolean },
): Promise<string[]> {
  const programs = buildPrograms(recipe, form.shape, form.classes?.length);
  requireMemory(programs, form.shape, { bytes: bytesToWrite(programs) });
  const doc = `One training step of ${recipe.name}. Inputs and outputs are described in step.json.`;
  const files: [string, Uint8Array | string][] = [
    ['step.onnx', writeOnnx(lower(programs.train.graph, inPrecision(exportTarget, programs.train), { doc }))],
    ['step.json', `${JSON.stringify(describeStep(programs, recipe, form), null, 2)}\n`],
    ['state.npz', encodeNpz(initialState(programs, recipe.seed))],
  ];
  const names = files.map(([name]) => name);
  await atomicFolder(out, files, { overwrite, replaceable: (name) => names.includes(name) });
  return names.map((name) => join(out, name));
}
