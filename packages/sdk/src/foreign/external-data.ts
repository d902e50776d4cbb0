import { VaeError } from '../errors.js';
import { isPlainFileName } from '../load/file-name.js';
import type { ModelFile } from '../model.js';
import type { ExternalTensor, ModelScan } from '../onnx/scan.js';
import type { ForeignFile } from './files.js';

/**
 * The files that a graph keeps weights in, read through the graph's own folder. The runtime gets their bytes and so
 * never opens a path that the graph names.
 *
 * @param allowed the option `externalData`
 * @throws VaeError "unsupported" where it is not set, "bad-model" for a location that is no plain file name and for a
 * tensor that reaches beyond its file, "not-found"
 */
export async function readExternalData(
  { external }: ModelScan,
  file: ForeignFile,
  allowed: boolean,
  signal?: AbortSignal,
): Promise<NonNullable<ModelFile['externalData']>> {
  if (external.length === 0) return [];
  const { where, beside } = file;
  const names = [...new Set(external.map(({ location = '' }) => location))];
  const strange = names.find((name) => !isPlainFileName(name));
  if (strange !== undefined) {
    throw new VaeError(
      'bad-model',
      `${where}: its weights are said to be in ${quoted(strange)}, which is no plain name of a file beside it, so none ` +
        'are read from there. Export the model into one file, or with its weights beside it.',
    );
  }
  if (!allowed || !beside) {
    const hint = beside
      ? 'Pass externalData: true if they may be read from its folder, or export the model into one file.'
      : 'Load it from its folder with externalData: true, or export the model into one file.';
    throw new VaeError('unsupported', `${where}: its weights are in other files (${listed(names)}). ${hint}`);
  }
  const files = new Map<string, Uint8Array>();
  // One by one: a model may name hundreds.
  for (const name of names) files.set(name, await beside.call(file, name, signal));
  for (const tensor of external) assertInside(tensor, files.get(tensor.location!)!.length, where);
  return [...files].map(([path, data]) => ({ path, data }));
}

/** Refuses a tensor that begins or ends outside its file. */
function assertInside({ name, location, offset, length }: ExternalTensor, size: number, where: string): void {
  const from = count(offset ?? '0');
  const bytes = count(length ?? String(Math.max(0, size - from)));
  if (from + bytes <= size) return;
  throw new VaeError(
    'bad-model',
    `${where}: tensor ${quoted(name)} is said to be ${quoted(length ?? 'all')} bytes from byte ` +
      `${quoted(offset ?? '0')} of ${location}, which has ${size}.`,
  );
}

/** A whole number >= 0, or NaN, which compares with nothing. */
function count(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 5).map(quoted).join(', ')}${names.length > 5 ? ', …' : ''}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
