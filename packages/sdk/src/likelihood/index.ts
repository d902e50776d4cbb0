/** How probable data are under a model: log-likelihoods, KL and the evidence lower bound, in nats on plain arrays. */
export { type AnomalyScoreOptions, anomalyScores } from './anomaly-scores.js';
export { type Likelihood, type LikelihoodSpec, likelihoodOf } from './likelihood.js';
export { logLikelihoods } from './log-likelihoods.js';
export {
  bernoulliLogProb,
  continuousBernoulliLogProb,
  gaussianKl,
  gaussianLogProb,
  laplaceLogProb,
} from './log-prob.js';
export { type NegativeElbo, type NegativeElboInput, negativeElbo } from './negative-elbo.js';
export type { Decode, PosteriorDrawOptions } from './posterior-draws.js';
