import { TrainerError } from '../errors.js';
import { sizeOf } from '../graph/shape.js';
import { elementTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from './model.js';
import { namesFor } from './names.js';

/** Tensors with fewer numbers stay float32: they save nothing, and each costs two nodes. */
const SMALLEST = 1024;
/**
 * So many numbers at least share a scale, else the tensor stays float32. That is a layer out of a small latent space:
 * its scales would take what its bytes save, and its rounding is most of a decoder's error.
 */
const NUMBERS_PER_SCALE = 8;
/** −128 is left out, so that the range is the same on both sides of 0. */
const LARGEST = 127;

/** Axis of the output channels in the second input of an operator. */
const channelAxes: Readonly<Record<string, (node: OnnxNode) => 0 | 1>> = {
  Conv: () => 0,
  ConvTranspose: () => 1,
  MatMul: () => 1,
  Gemm: ({ attributes }) => (attributes.transB ? 0 : 1),
};

type Floats = OnnxTensor & { readonly type: 'float32' };

const isWorthIt = ({ dims, data }: Floats, axis: 0 | 1): boolean =>
  data.length >= SMALLEST && data.length / dims[axis] >= NUMBERS_PER_SCALE;

interface Quantized {
  readonly bytes: OnnxTensor;
  readonly scale: OnnxTensor;
}

/** w ≈ scale · q with q = round(w / scale) in −127..127 and scale = max |w| / 127 along an axis. */
function quantize({ name, dims, data }: Floats, axis: 0 | 1, scaleName: string): Quantized {
  const inner = sizeOf(dims.slice(axis + 1));
  const scaleOf = (index: number): number => Math.floor(index / inner) % dims[axis];
  const largest = new Float32Array(dims[axis]);
  for (let i = 0; i < data.length; i++)
    largest[scaleOf(i)] = Math.max(largest[scaleOf(i)], Math.abs(data[i]));
  if (!largest.every(Number.isFinite))
    throw new TrainerError(
      'export-failed',
      `weights "${name}" hold infinity or NaN, which int8 has no scale for. Nothing was exported; train again.`,
    );
  // Numbers so small that their scale is 0 become 0.
  const scales = largest.map((value) => Math.fround(value / LARGEST) || 1);
  return {
    bytes: {
      name,
      dims,
      type: 'int8',
      data: Int8Array.from(data, (value, i) => Math.round(value / scales[scaleOf(i)])),
    },
    scale: {
      name: scaleName,
      dims: dims.slice(axis).map((dim, i) => (i === 0 ? dim : 1)),
      type: 'float32',
      data: scales,
    },
  };
}

/**
 * A model whose large weights are stored as int8 and computed with as float32: symmetric, with a scale per output
 * channel (Krishnamoorthi 2018, arXiv:1806.08342, sections 2.2 and 2.6). Biases, tensors of fewer than 1024 numbers and
 * layers with fewer than 8 numbers per output stay as they are.
 *
 * The numbers come back by Cast and Mul rather than by DequantizeLinear: ONNX Runtime computes those two once, when it
 * loads the file, but DequantizeLinear at every run. Products of whole numbers (DynamicQuantizeLinear, MatMulInteger) are
 * faster for dense layers, but their one scale for a whole batch makes a sample's result depend on its neighbours.
 *
 * @param model a graph of float32
 * @throws TrainerError "export-failed" naming a tensor that holds infinity or NaN
 * @example writeOnnx(toInt8(lower(graph, exportTarget, { weights })))
 */
export function toInt8(model: OnnxModel): OnnxModel {
  const unique = namesFor(model);
  const readers = new Map(
    model.nodes.filter(({ op }) => Object.hasOwn(channelAxes, op)).map((node) => [node.inputs[1], node]),
  );
  const restored = new Map<string, string>();
  const restoring: OnnxNode[] = [];
  const initializers = model.initializers.flatMap((tensor): OnnxTensor[] => {
    const reader = readers.get(tensor.name);
    if (!reader || tensor.type !== 'float32') return [tensor];
    const axis = channelAxes[reader.op](reader);
    if (!isWorthIt(tensor, axis)) return [tensor];
    const { bytes, scale } = quantize(tensor, axis, unique(`${tensor.name}.scale`));
    const [whole, weights] = [unique('Cast'), unique('Mul')];
    restoring.push(
      { op: 'Cast', inputs: [bytes.name], outputs: [whole], attributes: { to: elementTypes.float32 } },
      { op: 'Mul', inputs: [whole, scale.name], outputs: [weights], attributes: {} },
    );
    restored.set(tensor.name, weights);
    return [bytes, scale];
  });
  const nodes = model.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((name) => restored.get(name) ?? name),
  }));
  return { ...model, initializers, nodes: [...restoring, ...nodes] };
}
