import type { Program } from '../engines/engine.js';
import { buildGraph } from '../graph/graph.js';
import { input } from '../graph/value.js';
import { matMul } from '../ops/index.js';
import type { Recipe } from '../recipe/recipe.js';
import { type CheckOptions, type Finding, failed, passed } from './finding.js';
import { cpuTarget, open, type Target } from './targets.js';
import { prepare, update } from './training.js';

/** Between a device and the CPU. Cards that round products to TF32 keep 10 bits of a number: 2⁻¹¹ is 5e-4. */
const TOLERANCE = 1e-3;

const productProgram = (): Program => {
  const [a, b] = [input('a', 'data', [2, 3], ''), input('b', 'data', [3, 2], '')];
  return { graph: buildGraph('product', { y: matMul(a, b) }), updates: new Map() };
};

/** [1 2 3; 4 5 6] · [7 8; 9 10; 11 12], computed by hand. */
const PRODUCT = [58, 64, 139, 154];

/** A product of two matrices whose numbers are exact also in TF32. */
export async function checkProduct(target: Target): Promise<Finding> {
  const compiled = await open(target, { product: productProgram() }, {});
  try {
    const { y } = await compiled.run('product', {
      a: Float32Array.of(1, 2, 3, 4, 5, 6),
      b: Float32Array.of(7, 8, 9, 10, 11, 12),
    });
    const right = PRODUCT.every((value, i) => y[i] === value);
    if (!right) return failed(`[${y}] where [${PRODUCT}] is right (${compiled.description})`);
    return passed(compiled.description, { versions: compiled.versions });
  } finally {
    await compiled.dispose();
  }
}

const RECIPE = 'seed-cvae';

async function decodeOn(target: Target, { data }: CheckOptions): Promise<Float32Array> {
  const { programs, state, recipe } = await prepare(RECIPE, data, 0);
  const compiled = await open(target, { decode: programs.decode }, state);
  const { latent } = recipe.model;
  try {
    // 16 points on a spiral
    const z = Float32Array.from({ length: 16 * latent }, (_, i) => Math.sin(i) * (i / 8));
    return (await compiled.run('decode', { z })).x;
  } finally {
    await compiled.dispose();
  }
}

/** A decoder with its first weights; values are probabilities, so differences are absolute. */
export async function checkDecode(target: Target, options: CheckOptions): Promise<Finding> {
  const found = await decodeOn(target, options);
  const expected = await decodeOn(cpuTarget, options);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
  const seen = `largest difference to the CPU ${worst.toExponential(1)} of ${expected.length} values`;
  return worst < TOLERANCE ? passed(seen) : failed(seen);
}

type Changes = Pick<Partial<Recipe>, 'model'>;

async function lossesOn(target: Target, { data, steps }: CheckOptions, changes: Changes): Promise<number[]> {
  const { programs, state, feeds } = await prepare(RECIPE, data, steps, changes);
  const compiled = await open(target, { train: programs.train }, state);
  try {
    return (await update(compiled, feeds(0, steps))).map(({ loss }) => loss[0]);
  } finally {
    await compiled.dispose();
  }
}

/**
 * Training from the same weights on the same batches and noise.
 *
 * @param changes of the recipe, such as other networks
 */
export async function checkSteps(
  target: Target,
  options: CheckOptions,
  changes: Changes = {},
): Promise<Finding> {
  const found = await lossesOn(target, options, changes);
  const expected = await lossesOn(cpuTarget, options, changes);
  const worst = Math.max(...expected.map((loss, i) => Math.abs(found[i] / loss - 1)));
  const ends = `${expected[0].toFixed(2)} to ${expected.at(-1)!.toFixed(2)}`;
  const seen = `${options.steps} losses (${ends}), largest relative difference to the CPU ${worst.toExponential(1)}`;
  // A loss that is not a number compares as false.
  return worst < TOLERANCE ? passed(seen) : failed(seen);
}
