/** Sums over one item, in double precision; all in nats. */

/**
 * log p(x) of pixels under a Bernoulli distribution given by logits l: sum of x l - softplus(l), which stays finite
 * for any finite logit. For pixels between 0 and 1 it is minus the cross-entropy.
 */
export function bernoulliLogProb(x: Float32Array, logits: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * logits[i]! - softplus(logits[i]!);
  return sum;
}

/** log p(x) of pixels under a Gaussian with that mean and one variance for all. */
export function gaussianLogProb(x: Float32Array, mean: Float32Array, variance: number): number {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i]! - mean[i]!) ** 2;
  return -0.5 * (squares / variance + x.length * Math.log(2 * Math.PI * variance));
}

/** KL from a diagonal Gaussian to the standard normal: ½ Σ (exp(logvar) + mean² - 1 - logvar). */
export function gaussianKl(mean: Float32Array, logvar: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < mean.length; i++) sum += Math.exp(logvar[i]!) + mean[i]! ** 2 - 1 - logvar[i]!;
  return sum / 2;
}

/** ln(1 + exp(l)) without overflow. */
function softplus(l: number): number {
  return Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));
}
