import { type Dim, formatShape, isStatic, type Shape, shapeError } from '../graph/shape.js';
import { apply, defineOp, type Value } from '../graph/value.js';

/** Two-dimensional windows. `pads` are rows and columns of zeros: top, left, bottom, right. */
export type Window = {
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
};

const spatial = (shape: Shape): [number, number] => [shape[2] as number, shape[3] as number];

const checkRank = (name: string, shapes: readonly Shape[]): void => {
  const bad = shapes.find((shape) => shape.length !== 4 || !isStatic(shape.slice(2)));
  if (bad) throw shapeError(name, `needs four axes with known height and width, got ${formatShape(bad)}.`);
};

const checkChannels = (name: string, have: Dim, want: Dim): void => {
  if (have !== want) throw shapeError(name, `input has ${have} channels, weight expects ${want}.`);
};

/** Output extents of a convolution. */
export function convSize(
  size: readonly number[],
  kernel: readonly number[],
  { strides, pads }: Window,
): number[] {
  return [0, 1].map((i) => Math.floor((size[i] + pads[i] + pads[i + 2] - kernel[i]) / strides[i]) + 1);
}

/** Output extents of a transposed convolution. */
export function convTransposeSize(
  size: readonly number[],
  kernel: readonly number[],
  { strides, pads }: Window,
  outputPadding: readonly number[],
): number[] {
  return [0, 1].map((i) => (size[i] - 1) * strides[i] + kernel[i] - pads[i] - pads[i + 2] + outputPadding[i]);
}

const checkPositive = (name: string, size: readonly number[], from: Shape, weight: Shape): void => {
  if (size.some((extent) => extent < 1))
    throw shapeError(
      name,
      `a ${weight[2]}×${weight[3]} window leaves nothing of ${formatShape(from)}. Use a smaller kernel or more padding.`,
    );
};

// The three operators below are one trilinear form Σ x·w·g read three ways, so each one's gradients are the other two:
//   Conv             x [N,C,H,W],  w [M,C,h,w] → g [N,M,H',W']
//   ConvTranspose    g [N,M,H',W'], w [M,C,h,w] → x [N,C,H,W]
//   ConvWeightGrad   x [N,C,H,W],  g [N,M,H',W'] → w [M,C,h,w]

export const Conv = defineOp<'Conv', Window>('Conv', {
  shape: ([x, w], window) => {
    checkRank('Conv', [x, w]);
    checkChannels('Conv', x[1], w[1]);
    const size = convSize(spatial(x), spatial(w), window);
    checkPositive('Conv', size, x, w);
    return [x[0], w[0], ...size];
  },
  gradient: (g, { inputs: [x, w], attributes: window }) => [
    convTransposeTo(g, w, window, spatial(x.shape)),
    convWeightGrad(x, g, window, spatial(w.shape)),
  ],
});

export const ConvTranspose = defineOp<'ConvTranspose', Window & { outputPadding: readonly [number, number] }>(
  'ConvTranspose',
  {
    shape: ([g, w], { outputPadding, ...window }) => {
      checkRank('ConvTranspose', [g, w]);
      checkChannels('ConvTranspose', g[1], w[0]);
      if (outputPadding.some((extra, i) => extra < 0 || extra >= window.strides[i]))
        throw shapeError(
          'ConvTranspose',
          `output padding [${outputPadding}] must be below the stride [${window.strides}].`,
        );
      const size = convTransposeSize(spatial(g), spatial(w), window, outputPadding);
      checkPositive('ConvTranspose', size, g, w);
      return [g[0], w[1], ...size];
    },
    gradient: (upstream, { inputs: [g, w], attributes: window }) => [
      conv(upstream, w, window),
      convWeightGrad(upstream, g, window, spatial(w.shape)),
    ],
  },
);

export const ConvWeightGrad = defineOp<'ConvWeightGrad', Window & { kernel: readonly [number, number] }>(
  'ConvWeightGrad',
  {
    shape: ([x, g], { kernel, ...window }) => {
      checkRank('ConvWeightGrad', [x, g]);
      const size = convSize(spatial(x), kernel, window);
      if (x[0] !== g[0] || size[0] !== g[2] || size[1] !== g[3])
        throw shapeError('ConvWeightGrad', `${formatShape(g)} is not a result for ${formatShape(x)}.`);
      return [g[1], x[1], ...kernel];
    },
    gradient: (upstream, { inputs: [x, g], attributes: window }) => [
      convTransposeTo(g, upstream, window, spatial(x.shape)),
      conv(x, upstream, window),
    ],
  },
);

const windowOf = ({ strides, pads }: Window): Window => ({ strides, pads });

export const conv = (x: Value, w: Value, window: Window): Value => apply(Conv, [x, w], windowOf(window));

export const convTranspose = (
  x: Value,
  w: Value,
  window: Window,
  outputPadding: readonly [number, number],
): Value => apply(ConvTranspose, [x, w], { ...windowOf(window), outputPadding });

/** The transposed convolution whose result has the given extents: those that a convolution lost by rounding down. */
function convTransposeTo(g: Value, w: Value, window: Window, size: readonly [number, number]): Value {
  const least = convTransposeSize(spatial(g.shape), spatial(w.shape), window, [0, 0]);
  return convTranspose(g, w, window, [size[0] - least[0], size[1] - least[1]]);
}

export const convWeightGrad = (
  x: Value,
  g: Value,
  window: Window,
  kernel: readonly [number, number],
): Value => apply(ConvWeightGrad, [x, g], { ...windowOf(window), kernel });
