import type {
  Compiled,
  Engine,
  EngineOptions,
  Feeds,
  Program,
  Results,
  State,
  StepParts,
} from '../engines/engine.js';
import { letGo } from '../engines/let-go.js';
import { buildGraph, type Graph } from '../graph/graph.js';
import { isStatic } from '../graph/shape.js';
import { gradientName } from '../graph/value.js';
import { effectiveBatch, type Recipe } from '../recipe/recipe.js';

/** The same training with the samples of each update as one batch. */
export const asOneBatch = (recipe: Recipe): Recipe => ({
  ...recipe,
  batch: effectiveBatch(recipe),
  accumulate: undefined,
});

/** Sums of arrays by name, in float64: the order of many small parts must not show. */
class Sums {
  private readonly totals = new Map<string, Float64Array>();

  add(name: string, values: Float32Array): void {
    const total = this.totals.get(name) ?? new Float64Array(values.length);
    this.totals.set(name, total);
    for (let i = 0; i < total.length; i++) total[i] += values[i];
  }

  take(names: readonly string[]): Results {
    return Object.fromEntries(names.map((name) => [name, Float32Array.from(this.totals.get(name)!)]));
  }
}

/** Copies of what a graph is fed: an engine may take arrays over. */
function feedsOf(graph: Graph, feeds: Feeds, part: (values: Float32Array) => Float32Array): Feeds {
  const fed = graph.inputs.filter(({ name }) => name in feeds);
  const copied = fed.map(({ name, shape }) => [
    name,
    isStatic(shape) ? feeds[name].slice() : part(feeds[name]),
  ]);
  return Object.fromEntries(copied);
}

/** One update out of the gradients of several batches, which are run one after another. */
async function runInParts(
  compiled: Compiled,
  { gradients, update, parameters }: StepParts,
  feeds: Feeds,
  parts: number,
): Promise<Results> {
  const sums = new Sums();
  for (let i = 0; i < parts; i++) {
    const part = (values: Float32Array): Float32Array => {
      const size = values.length / parts;
      return values.slice(i * size, (i + 1) * size);
    };
    // The last update of an epoch may have too few samples for all parts.
    if (part(feeds.weight).every((share) => share === 0)) continue;
    const results = await compiled.run('gradients', feedsOf(gradients, feeds, part));
    for (const [name, values] of Object.entries(results)) sums.add(name, values);
  }
  const slopes = parameters.map(gradientName);
  const terms = [...gradients.outputs.keys()].filter((name) => !slopes.includes(name));
  const scalars = feedsOf(update, feeds, (values) => values);
  return { ...sums.take(terms), ...(await compiled.run('update', { ...scalars, ...sums.take(slopes) })) };
}

/** Loss, terms and gradients as a program; an engine with gradients of its own finds them by its own way. */
function gradientProgram(
  parts: StepParts,
  { batch, precision }: Pick<Program, 'batch' | 'precision'>,
): Program {
  const given = parts.update.inputs.filter(({ role }) => role === 'gradient');
  const passOn = buildGraph('pass-on', Object.fromEntries(given.map((each) => [each.name, each])), given);
  return {
    graph: parts.gradients,
    updates: new Map(),
    batch,
    precision,
    parts: { ...parts, update: passOn },
  };
}

/** Programs of which `train` goes through in parts. */
function inParts(compiled: Compiled, step: StepParts, parts: number): Compiled {
  const { description, versions, device } = compiled;
  return {
    description,
    versions,
    device,
    run: (name, feeds) =>
      name === 'train' ? runInParts(compiled, step, feeds, parts) : compiled.run(name, feeds),
    readState: () => compiled.readState(),
    writeState: (state) => compiled.writeState(state),
    dispose: () => compiled.dispose(),
  };
}

/**
 * ONNX Runtime on the processor cuts a large batch into small ones itself, and deals them out to threads, where there are
 * convolutions; what dense layers leave for the backward pass is small.
 */
const divides = ({ name }: Engine, { device }: Compiled): boolean => name === 'ort' && device === 'cpu';

/**
 * Compiles programs so that an update of `accumulate` batches needs the memory of one: where the engine does not divide
 * a large batch itself, the gradients of the batches are computed one after another and added. The shares in
 * `weight` are those of the whole update, so their sum is the gradient of the mean over all of its samples.
 *
 * @param programs built from `asOneBatch(recipe)`
 * @returns programs of which `train` takes the feeds of a whole update
 * @throws TrainerError as the engine
 * @example await compileAccumulating(engine, { train, evaluate, encode, decode }, state, recipe, { threads: 2 })
 */
export async function compileAccumulating(
  engine: Engine,
  { train, ...looks }: Readonly<Record<string, Program>> & { readonly train: Program },
  state: State,
  { batch, accumulate = 1 }: Pick<Recipe, 'batch' | 'accumulate'>,
  options: EngineOptions,
): Promise<Compiled> {
  const { parts } = train;
  const whole = (options: EngineOptions) => engine.compile({ train, ...looks }, state, options);
  // An objective that couples samples needs them all at once.
  if (accumulate === 1 || !parts?.additive) return whole(options);
  if (engine.name === 'ort') {
    const compiled = await whole({ ...options, handOver: false });
    if (divides(engine, compiled)) {
      if (options.handOver) letGo(state);
      return compiled;
    }
    await compiled.dispose();
  }
  const split = {
    gradients: gradientProgram(parts, { batch, precision: train.precision }),
    update: { graph: parts.update, updates: train.updates },
  };
  return inParts(await engine.compile({ ...split, ...looks }, state, options), parts, accumulate);
}
