import type { Registry } from '../choice.js';
import { adam, adamW } from './adam.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';

/** Every optimiser that a recipe may name. */
export const optimizers = { sgd, adam, adamW } as const satisfies Registry<Optimizer>;
