import { exportTarget } from './export.js';
import type { Row, Target } from './lower.js';

/**
 * ONNX Runtime leaves a transposed convolution to the CPU where the two sides are padded differently, because cuDNN
 * has one padding for both. So what both sides have is padding, and the rest is cut off afterwards.
 */
const convTranspose: Row<'ConvTranspose'> = (emit, node, inputs) => {
  const { strides, pads, outputPadding } = node.attributes;
  const [begin, end] = [pads.slice(0, 2), pads.slice(2)];
  const both = begin.map((pad, axis) => Math.min(pad, end[axis]));
  const wide = emit.node('ConvTranspose', inputs, {
    strides,
    pads: [...both, ...both],
    output_padding: outputPadding,
  });
  if (begin.every((pad, axis) => pad === end[axis])) return wide;
  const starts = begin.map((pad, axis) => pad - both[axis]);
  const ends = starts.map((start, axis) => start + (node.shape[axis + 2] as number));
  return emit.node('Slice', [wide, emit.ints(starts), emit.ints(ends), emit.ints([2, 3])]);
};

/** What ONNX Runtime's CUDA provider takes whole. */
export const cudaTarget: Target = {
  name: 'cuda',
  rows: { ...exportTarget.rows, ConvTranspose: convTranspose },
};
