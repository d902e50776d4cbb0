import { VaeError } from '../errors.js';
import type { GraphSpec } from '../model.js';
import type { Session, TensorInfo } from '../runtime/types.js';

/** An input or an output as it is needed, and all that the graph has on that side. */
export interface Needed {
  readonly side: 'input' | 'output';
  readonly name: string;
  readonly item: readonly number[];
  readonly declared: readonly TensorInfo[];
}

/** Compares the graph's declared inputs and outputs with what is said of it. */
export async function assertInterface(
  where: string,
  session: Session,
  { input, outputs, batch, label }: GraphSpec,
): Promise<void> {
  const there = outputs.filter(
    ({ output, optional }) => !optional || session.outputs.some(({ name }) => name === output),
  );
  const needed: Needed[] = [
    { ...input, side: 'input', declared: session.inputs },
    ...there.map(({ output, item, given = item, part }) => ({
      side: 'output' as const,
      name: output,
      item: given.map((length, axis) => (axis === part?.axis && length > 0 ? 2 * length : length)),
      declared: session.outputs,
    })),
  ];
  const misfit = needed.find((port) => !fits(port, batch));
  const other = session.inputs.find(({ name }) => name !== input.name && name !== label);
  if (!misfit && !other) return;
  const { otherInput, otherPort } = await import('./graph-refusals.js');
  const text = misfit ? otherPort(misfit, batch) : otherInput(other!.name);
  throw new VaeError('bad-model', `${where}: ${text}`);
}

/** A graph may leave sizes open; those it states have to agree. The first one is open, or the batch. */
function fits({ name, item, declared }: Needed, batch: number | undefined): boolean {
  const info = declared.find((value) => value.name === name);
  if (info?.dtype !== 'float32' && info?.dtype !== 'float16') return false;
  const { dims } = info;
  const agrees = (stated: number | string | undefined, size: number) =>
    typeof stated !== 'number' || size === -1 || stated === size;
  return (
    dims.length === 0 ||
    (dims.length === item.length + 1 &&
      (typeof dims[0] !== 'number' || dims[0] === batch) &&
      item.every((size, i) => agrees(dims[i + 1], size)))
  );
}
