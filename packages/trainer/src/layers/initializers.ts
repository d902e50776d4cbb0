import { fillNormalRows, fillUniformRows } from '../noise/fill-rows.js';

/** Number of inputs that one output sees, and of outputs that one input reaches. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Fills a new parameter. The same seed and name give the same numbers, in whatever order parameters are made. */
export type Initializer = (out: Float32Array, seed: number, name: string) => void;

/** One sequence for a whole parameter. */
const sequence = ({ length: size }: Float32Array, seed: number, name: string) => ({
  seed,
  stream: `init/${name}`,
  indices: [0],
  size,
});

const uniform =
  (limit: number): Initializer =>
  (out, seed, name) => {
    fillUniformRows(out, sequence(out, seed, name));
    for (let i = 0; i < out.length; i++) out[i] = (2 * out[i] - 1) * limit;
  };

const normal =
  (deviation: number): Initializer =>
  (out, seed, name) => {
    fillNormalRows(out, sequence(out, seed, name));
    for (let i = 0; i < out.length; i++) out[i] *= deviation;
  };

export const zeros: Initializer = (out) => void out.fill(0);
export const ones: Initializer = (out) => void out.fill(1);

/**
 * Glorot's (Xavier's) variance 2/(fanIn + fanOut) keeps the scale of activations and gradients where activations
 * are linear near 0 (Glorot & Bengio 2010, eq. 12 and 16); He's 2/fanIn where half of them are cut off, as under
 * ReLU (He et al. 2015, eq. 10). A uniform draw of limit a has variance a²/3. Normal draws are not truncated.
 */
export const initializers = {
  glorotUniform: ({ fanIn, fanOut }: Fans) => uniform(Math.sqrt(6 / (fanIn + fanOut))),
  glorotNormal: ({ fanIn, fanOut }: Fans) => normal(Math.sqrt(2 / (fanIn + fanOut))),
  heUniform: ({ fanIn }: Fans) => uniform(Math.sqrt(6 / fanIn)),
  heNormal: ({ fanIn }: Fans) => normal(Math.sqrt(2 / fanIn)),
} as const;

export type InitializerName = keyof typeof initializers;
