import type { Tensor } from '@vae/sdk/media';
import { TrainerError } from '../errors.js';
import { formatShape, sampleSize } from '../graph/shape.js';
import { FLOAT, readOnnx, type StoredTensor } from './reader.js';

/** The numbers of a tensor, whatever the byte order of the machine. */
function floatsOf({ name, elementType, raw, external }: StoredTensor, count: number, where: string) {
  const refuse = (what: string) => new TrainerError('bad-file', `${where}: weights "${name}" ${what}.`);
  if (external) throw refuse('are in another file, where exporting does not look for them');
  if (elementType !== FLOAT)
    throw refuse(
      `have ONNX's element type ${elementType}, expected float32 (${FLOAT}); a rounded model does not give them back, export the one that it was made from`,
    );
  if (raw?.length !== 4 * count) throw refuse(`have ${raw?.length ?? 0} bytes for ${count} numbers of four`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
}

/** Extents as far as they matter for where a number lies: a bias is written as [C] or as [C, 1, 1]. */
const places = (dims: readonly number[]): string => String(dims.filter((dim) => dim !== 1));

/**
 * Weights of an exported file by their names, which are those of the trainer's parameters.
 *
 * @param wanted names and shapes
 * @param where begins the errors' text
 * @throws TrainerError "bad-file" for a file that is no ONNX model or lacks one of them in that shape, up to
 *   extents of 1
 * @example readWeights(bytes, new Map([['encoder.mean.weight', [64, 2]]]), 'encoder.onnx')
 */
export function readWeights(
  bytes: Uint8Array,
  wanted: ReadonlyMap<string, readonly number[]>,
  where: string,
): Record<string, Tensor> {
  const stored = new Map(readOnnx(bytes, where).tensors.map((tensor) => [tensor.name, tensor]));
  const read = [...wanted].map(([name, shape]) => {
    const tensor = stored.get(name);
    if (!tensor)
      throw new TrainerError(
        'bad-file',
        `${where}: no weights "${name}" in it. Only files that the trainer's own writer made can be read back.`,
      );
    if (places(tensor.dims) !== places(shape))
      throw new TrainerError(
        'bad-file',
        `${where}: weights "${name}" are ${formatShape(tensor.dims)}, the recipe makes them ${formatShape(shape)}.`,
      );
    return [name, { shape, data: floatsOf(tensor, sampleSize(shape), where) }] as const;
  });
  return Object.fromEntries(read);
}
