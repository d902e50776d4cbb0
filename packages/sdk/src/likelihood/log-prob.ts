/**
 * log p(x) of one item under independent Bernoulli distributions given by logits l, in nats: the sum of
 * x l - softplus(l), which stays finite for any finite logit. For values between 0 and 1 it is minus the cross-entropy.
 *
 * @param x values from 0 to 1
 * @param logits as many
 * @returns nats, summed over the item in double precision; <= 0
 * @example bernoulliLogProb(Float32Array.of(1), Float32Array.of(0)) // -0.6931, which is -ln 2
 */
export function bernoulliLogProb(x: Float32Array, logits: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * logits[i]! - softplus(logits[i]!);
  return sum;
}

/**
 * log p(x) of one item under independent continuous Bernoulli distributions given by logits l, in nats: that of
 * `bernoulliLogProb` and, so that it is a density of grey values, ln(l / tanh(l/2)) for each.
 *
 * @param x values from 0 to 1
 * @param logits as many
 * @returns nats, summed over the item in double precision; of either sign
 * @see Loaiza-Ganem & Cunningham 2019, arXiv:1907.06845, eq. 5 and 6
 * @example continuousBernoulliLogProb(Float32Array.of(0.3), Float32Array.of(1.2)) // -0.2993
 */
export function continuousBernoulliLogProb(x: Float32Array, logits: Float32Array): number {
  let sum = bernoulliLogProb(x, logits);
  for (const l of logits) sum += Math.abs(l) < 1e-4 ? Math.LN2 : Math.log(l / Math.tanh(l / 2));
  return sum;
}

/**
 * log p(x) of one item under independent Laplace distributions of one scale b, in nats: -sum(|x - mean| / b + ln(2 b)).
 *
 * @param mean as many values as x
 * @param scale above 0
 * @returns nats, summed over the item in double precision
 * @example laplaceLogProb(Float32Array.of(1), Float32Array.of(-2), 0.5) // -6
 */
export function laplaceLogProb(x: Float32Array, mean: Float32Array, scale: number): number {
  let distance = 0;
  for (let i = 0; i < x.length; i++) distance += Math.abs(x[i]! - mean[i]!);
  return -(distance / scale + x.length * Math.log(2 * scale));
}

/**
 * log p(x) of one item under independent Gaussians of one variance, in nats:
 * -1/2 sum((x - mean)^2 / variance + ln(2 pi variance)).
 *
 * @param mean as many values as x
 * @param variance above 0
 * @returns nats, summed over the item in double precision
 * @example gaussianLogProb(Float32Array.of(1), Float32Array.of(1), 1) // -0.9189, which is -ln(2 pi) / 2
 */
export function gaussianLogProb(x: Float32Array, mean: Float32Array, variance: number): number {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i]! - mean[i]!) ** 2;
  return -0.5 * (squares / variance + x.length * Math.log(2 * Math.PI * variance));
}

/**
 * KL from one diagonal Gaussian to the standard normal, in nats: 1/2 sum(exp(logvar) + mean^2 - 1 - logvar).
 *
 * @param logvar natural logarithm of the variance, as many values as means; minus infinity gives Infinity
 * @returns nats, summed over the latent in double precision; >= 0
 * @see Kingma & Welling 2013, arXiv:1312.6114, appendix B
 * @example gaussianKl(Float32Array.of(3), Float32Array.of(0)) // 4.5
 */
export function gaussianKl(mean: Float32Array, logvar: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < mean.length; i++) sum += Math.exp(logvar[i]!) + mean[i]! ** 2 - 1 - logvar[i]!;
  return sum / 2;
}

/** ln(1 + exp(l)) without overflow. */
function softplus(l: number): number {
  return Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));
}
