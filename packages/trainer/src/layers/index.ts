import { create, type Registry, specSchema } from '../choice.js';
import { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from './activations.js';
import { conv2d } from './conv2d.js';
import { conv2dTranspose } from './conv2d-transpose.js';
import { dense } from './dense.js';
import { dropout } from './dropout.js';
import { flatten } from './flatten.js';
import { groupNorm } from './group-norm.js';
import type { Layer } from './layer.js';
import { layerNorm } from './layer-norm.js';
import { reshape } from './reshape.js';
import { type Nesting, residual } from './residual.js';

const simple = {
  dense,
  conv2d,
  conv2dTranspose,
  flatten,
  reshape,
  dropout,
  layerNorm,
  groupNorm,
  relu,
  leakyRelu,
  elu,
  gelu,
  silu,
  tanh,
  sigmoid,
  softplus,
} as const satisfies Registry<Layer>;

/** Layers that hold others, which may be of their own kind. */
type Nested = { readonly residual: ReturnType<typeof residual> };
const nesting: Nesting = { spec: () => layerSpec, make: (spec) => create(layers, spec) };

/** Every layer that a recipe may name. */
export const layers: typeof simple & Nested = { ...simple, residual: residual(nesting) };

/** The schema of one of them. */
export const layerSpec = specSchema(layers);
