import type { Port } from '../model.js';

/** What an encoder may give beside its means. */
export type Spread = 'logvar' | 'std' | 'logstd' | 'variance';

/** What makes log-variances of each. */
export const mapOf: Readonly<Record<Spread, Port['map']>> = {
  logvar: undefined,
  std: 'log-square',
  logstd: 'double',
  variance: 'log',
};

export const spreads = Object.keys(mapOf) as readonly Spread[];
