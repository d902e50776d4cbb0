import { VaeError } from '../errors.js';
import { type ArrayInput, show, sizeOf, type Tensor, toFloatTensor } from '../tensor.js';
import { assertMixture, type Mixture, triangleSize } from './mixture.js';

/**
 * Log-density of latents under a mixture, log sum_k w_k N(z; mean_k, L_k L_k^T).
 *
 * @param latents [N, ...latent], with as many dimensions as the mixture
 * @returns N numbers in nats
 * @throws VaeError "bad-input" for a mixture that is none, or latents of other dimensions
 * @see Bishop 2006, Pattern Recognition and Machine Learning, section 9.2
 * @example
 * mixtureLogProb([[0]], { weights: [1], mean: [[0]], cholesky: [[1]] }) // [-0.9189], which is -ln(2 pi) / 2
 */
export function mixtureLogProb(latents: ArrayInput, mixture: Mixture): Float64Array {
  const dimensions = assertMixture(mixture, 'mixtureLogProb');
  const { data, shape } = rowsOfLatents(latents, 'mixtureLogProb');
  if (shape[1] !== dimensions) {
    throw new VaeError(
      'bad-input',
      `mixtureLogProb: latents of ${shape[1]} dimensions, the mixture has ${dimensions}.`,
    );
  }
  const density = mixtureDensity(mixture);
  const perComponent = new Float64Array(mixture.weights.length);
  return Float64Array.from({ length: shape[0]! }, (_, row) => density(data, row * dimensions, perComponent));
}

/** Latents as a matrix [N, D]. */
export function rowsOfLatents(latents: ArrayInput, where: string): Tensor {
  const { data, shape } = toFloatTensor(latents, `${where} latents`);
  if (shape.length < 2 || data.length === 0) {
    throw new VaeError('bad-input', `${where}: latents are ${show(shape)}, expected [N, ...latent].`);
  }
  return { data, shape: [shape[0]!, sizeOf(shape.slice(1), where)] };
}

/**
 * A function that gives the log-density at the row that begins at `from`, and writes log(w_k N_k) of each component.
 * It allocates nothing.
 */
export function mixtureDensity({ weights, mean, cholesky }: Mixture) {
  const dimensions = mean[0]!.length;
  const components = weights.map((weight, k) => {
    const triangle = Float64Array.from(cholesky[k]!);
    let constant = Math.log(weight) - (dimensions / 2) * Math.log(2 * Math.PI);
    for (let i = 1; i <= dimensions; i++) constant -= Math.log(triangle[triangleSize(i) - 1]!);
    return { mean: Float64Array.from(mean[k]!), triangle, constant };
  });
  const y = new Float64Array(dimensions);
  return (data: Float32Array, from: number, perComponent: Float64Array): number => {
    for (const [k, component] of components.entries()) {
      perComponent[k] = component.constant - squaredDistance(data, from, component, y) / 2;
    }
    return logSumExp(perComponent);
  };
}

/** |L^-1 (z - mean)|^2 by forward substitution. */
function squaredDistance(
  data: Float32Array,
  from: number,
  { mean, triangle }: { mean: Float64Array; triangle: Float64Array },
  y: Float64Array,
): number {
  let sum = 0;
  for (let i = 0, at = 0; i < mean.length; i++) {
    let rest = data[from + i]! - mean[i]!;
    for (let j = 0; j < i; j++) rest -= triangle[at++]! * y[j]!;
    y[i] = rest / triangle[at++]!;
    sum += y[i]! * y[i]!;
  }
  return sum;
}

/** log sum exp without overflow. */
function logSumExp(values: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
