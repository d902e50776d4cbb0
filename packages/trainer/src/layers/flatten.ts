import { choice } from '../choice.js';
import { flatten as flattenOp } from '../ops/index.js';
import type { Layer } from './layer.js';

/** All axes but the batch in one. [N, C, H, W] → [N, C·H·W] */
export const flatten = choice({}, (): Layer => (x) => flattenOp(x));
