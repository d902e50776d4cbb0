import type { Port } from '../model.js';

/** What an encoder may give beside its means. */
export type Spread = 'logvar' | 'std' | 'logstd' | 'variance';

const notA = (spread: string) =>
  `negative or NaN, which is no ${spread} (if it is its logarithm, say so in latent.spread),`;

/** What makes log-variances of each, and what is wrong where that cannot be done. */
export const readings: Readonly<Record<Spread, Pick<Port, 'map' | 'outside'>>> = {
  logvar: { map: undefined, outside: undefined },
  std: { map: 'log-square', outside: notA('standard deviation') },
  logstd: { map: 'double', outside: undefined },
  variance: { map: 'log', outside: notA('variance') },
};

export const spreads = Object.keys(readings) as readonly Spread[];
