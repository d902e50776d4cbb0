import type { Registry } from '../choice.js';
import { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from './activations.js';
import { conv2d } from './conv2d.js';
import { conv2dTranspose } from './conv2d-transpose.js';
import { dense } from './dense.js';
import { dropout } from './dropout.js';
import { flatten } from './flatten.js';
import type { Layer } from './layer.js';
import { reshape } from './reshape.js';

/** Every layer that a recipe may name. */
export const layers = {
  dense,
  conv2d,
  conv2dTranspose,
  flatten,
  reshape,
  dropout,
  relu,
  leakyRelu,
  elu,
  gelu,
  silu,
  tanh,
  sigmoid,
  softplus,
} as const satisfies Registry<Layer>;
