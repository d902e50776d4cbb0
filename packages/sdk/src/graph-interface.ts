import { VaeError } from './errors.js';
import type { GraphSpec } from './model.js';
import type { Session, TensorInfo } from './runtime/index.js';
import { show } from './tensor.js';

/** Compares the graph's declared inputs and outputs with what is said of it. */
export function assertInterface(where: string, session: Session, { input, outputs, batch }: GraphSpec): void {
  assertPort(where, 'input', session.inputs, { ...input, batch });
  for (const { output, item, given = item, part, optional } of outputs) {
    if (optional && !session.outputs.some(({ name }) => name === output)) continue;
    const size = given.map((length, axis) => (axis === part?.axis && length > 0 ? 2 * length : length));
    assertPort(where, 'output', session.outputs, { name: output, item: size, batch });
  }
  const other = session.inputs.find(({ name }) => name !== input.name);
  if (other) throw new VaeError('bad-model', `${where}: the graph also wants an input '${other.name}'.`);
}

function assertPort(
  where: string,
  side: 'input' | 'output',
  declared: readonly TensorInfo[],
  { name, item, batch }: { name: string; item: readonly number[]; batch: number | undefined },
): void {
  const info = declared.find((value) => value.name === name);
  if (!info) {
    const has = declared.map((value) => `'${value.name}'`).join(', ') || 'none';
    throw new VaeError('bad-model', `${where}: an ${side} '${name}' is needed, the graph has ${has}.`);
  }
  const { dtype, dims } = info;
  // A graph may leave sizes open; those it states have to agree. The first one is open, or the batch.
  const agrees = (stated: number | string | undefined, size: number) =>
    typeof stated !== 'number' || size === -1 || stated === size;
  const fits =
    dims.length === 0 ||
    (dims.length === item.length + 1 &&
      (typeof dims[0] !== 'number' || dims[0] === batch) &&
      item.every((size, i) => agrees(dims[i + 1], size)));
  if ((dtype !== 'float32' && dtype !== 'float16') || !fits) {
    const wanted = show([batch ?? 'N', ...item]);
    throw new VaeError(
      'bad-model',
      `${where}: ${side} '${name}' is ${dtype} ${show(dims)}, needed is float32 ${wanted}.`,
    );
  }
}
