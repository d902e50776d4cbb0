import { setupError, toolError } from '../setup-error.js';
import type { RunTool, ToolOptions } from '../tool.js';

/** What a tfjs-node that works says of itself. */
export interface Checked {
  readonly device: 'cpu' | 'gpu';
  /** Version of the TensorFlow library. */
  readonly tensorflow: string;
}

interface Report extends Checked {
  readonly numbers: Readonly<Record<keyof typeof expected, readonly number[]>>;
}

/**
 * By hand. Product: rows times columns of [1 2; 3 4] and [5 6; 7 8]. Gradient of |A x|² is 2 Aᵀ A x, at x = (1, 1) with
 * A = [1 2; 3 4]: A x = (3, 7), so 2 (1·3 + 3·7, 2·3 + 4·7). Convolution of 1…9 in a square with a 2 by 2 window of ones:
 * 1+2+4+5, 2+3+5+6, 4+5+7+8, 5+6+8+9. The gradient of its sum by the window is the sum of what each entry met, the same.
 */
const expected = {
  product: [19, 22, 43, 50],
  gradient: [48, 68],
  convolution: [12, 16, 24, 28],
  convolutionGradient: [12, 16, 24, 28],
} as const;

// In a block: the names of an evaluated script would be seen by all that it loads. Node 23 removed two functions that
// tfjs-node calls for nearly every operator.
const script = `{
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
const tf = require(process.argv[1]);
const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
const square = (x) => tf.sum(tf.square(tf.matMul(a, x)));
const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
const filter = tf.ones([2, 2, 1, 1]);
const convolve = (w) => tf.conv2d(image, w, 1, 'valid');
const list = (tensor) => Array.from(tensor.dataSync());
const numbers = {
  product: list(tf.matMul(a, tf.tensor2d([5, 6, 7, 8], [2, 2]))),
  gradient: list(tf.grad(square)(tf.ones([2, 1]))),
  convolution: list(convolve(filter)),
  convolutionGradient: list(tf.grad((w) => tf.sum(convolve(w)))(filter)),
};
const backend = tf.backend();
const device = backend.isUsingGpuDevice ? 'gpu' : 'cpu';
console.log(JSON.stringify({ device, tensorflow: backend.binding.TF_Version, numbers }));
}`;

/**
 * Loads a tfjs-node in a process of its own and compares a product, a gradient, a convolution and its gradient with numbers
 * computed by hand; takes about two seconds.
 *
 * @throws TrainerError "setup-failed" when it does not load, dies or computes something else
 */
export async function checkTfjs(
  packageFolder: string,
  { run, env, signal }: { run: RunTool; env: NodeJS.ProcessEnv } & Pick<ToolOptions, 'signal'>,
): Promise<Checked> {
  const outcome = await run(process.execPath, ['-e', script, packageFolder], {
    signal,
    // A training run beside this one needs the GPU's memory.
    env: { ...env, NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
  });
  if (outcome.endedBy === 'SIGILL')
    throw setupError(
      "This processor lacks instructions that TensorFlow's builds need (AVX). Train with --engine ort here.",
    );
  if (outcome.code !== 0) throw toolError('tfjs-node was built but does not run', outcome);
  const { numbers, ...checked } = JSON.parse(outcome.stdout.trim().split('\n').at(-1)!) as Report;
  for (const [name, values] of Object.entries(expected)) {
    const found = numbers[name as keyof typeof expected];
    if (values.length !== found.length || !values.every((value, i) => Math.abs(value - found[i]) < 1e-3))
      throw setupError(`tfjs-node computes a wrong ${name}: [${found}] instead of [${values}].`);
  }
  return checked;
}
