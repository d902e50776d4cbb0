import { reason, VaeError } from '../errors.js';
import { assertSize, limitOf } from './expected.js';
import type { ModelFolder } from './places.js';

/** The contents of a file. A File from a form is a Blob. */
export type FileBytes = Uint8Array | ArrayBuffer | Blob;

/** A model's files in memory, or picked in a page with `<input type="file" webkitdirectory>`. */
export type ModelFiles = Iterable<File> | ReadonlyMap<string, FileBytes>;

export function isFileBytes(value: unknown): value is FileBytes {
  // By name and not by class: values may come from another frame or realm.
  const { arrayBuffer, size } = Object(value) as Partial<Blob>;
  return (
    value instanceof Uint8Array ||
    ['[object Uint8Array]', '[object ArrayBuffer]'].includes(Object.prototype.toString.call(value)) ||
    (typeof arrayBuffer === 'function' && typeof size === 'number')
  );
}

/**
 * The bytes of a file in memory, as a copy that the caller's array has no part in.
 *
 * @throws VaeError "bad-model" where a picked file can no longer be read, or an array was handed on
 */
export async function bytesOf(file: FileBytes, where: string): Promise<Uint8Array> {
  try {
    if ('arrayBuffer' in file) return new Uint8Array(await file.arrayBuffer());
    return new Uint8Array(ArrayBuffer.isView(file) ? file : file.slice(0));
  } catch (cause) {
    throw new VaeError('bad-model', `${where}: cannot be read: ${reason(cause)}`, { cause });
  }
}

/**
 * A file in memory that may be read again, as when a worker was lost. The first read of an array keeps a copy, because
 * once the model is loaded the caller may fill the array anew or hand it on; a Blob never changes.
 */
export function memoryFile(given: FileBytes) {
  let kept: Uint8Array | undefined;
  return {
    size: () => (kept ? kept.length : 'byteLength' in given ? given.byteLength : given.size),
    async read(where: string): Promise<Uint8Array> {
      if ('arrayBuffer' in given) return bytesOf(given, where);
      kept ??= await bytesOf(given, where);
      return kept;
    },
  };
}

/**
 * A model folder made of files in memory.
 *
 * @param files their contents by name; with a list of Files, the folder is the one that holds vae.json, else the one
 * that was picked
 * @throws VaeError "bad-option" for what is no file, and for Files of more than one model
 */
export function bytesFolder(files: ModelFiles, where: string, maxBytes: number): ModelFolder {
  const given: ReadonlyMap<string, FileBytes> =
    files instanceof Map ? files : byName(files as Iterable<File>, where);
  const contents = new Map<string, ReturnType<typeof memoryFile>>();
  for (const [name, file] of given) {
    if (!isFileBytes(file)) {
      throw new VaeError('bad-option', `${where} ${name}: expected a Uint8Array, an ArrayBuffer or a Blob.`);
    }
    contents.set(name, memoryFile(file));
  }
  return {
    where,
    local: true,
    async read(name, expected, signal) {
      signal?.throwIfAborted();
      const file = contents.get(name);
      const path = `${where} ${name}`;
      if (file === undefined)
        throw new VaeError('not-found', `${path}: no such file was given; ${list(contents)}.`);
      await assertSize(file.size(), expected, await limitOf(expected, maxBytes, path), path);
      const bytes = await file.read(path);
      signal?.throwIfAborted();
      return bytes;
    },
  };
}

function byName(files: Iterable<File>, where: string): Map<string, File> {
  if (typeof Object(files)[Symbol.iterator] !== 'function') {
    throw new VaeError('bad-option', `${where}: expected a list of Files, or a Map from names to contents.`);
  }
  const given = [...files].map((file, i) => ({ file, path: pathOf(file) ?? `item ${i + 1}` }));
  const root = rootOf(
    given.map(({ path }) => path),
    where,
  );
  const inside = given.filter(({ path }) => path.startsWith(root));
  return new Map(inside.map(({ path, file }) => [path.slice(root.length), file]));
}

/** 'picked/vae_encoder/model.onnx' for a file out of a picked folder, else the plain name; a Blob has none. */
function pathOf(file: File): string | undefined {
  const { webkitRelativePath, name } = Object(file) as { webkitRelativePath?: string; name?: string };
  return webkitRelativePath || name;
}

/** The folder, with its slash, that holds the manifest nearest to the top; else the one folder that holds all. */
function rootOf(paths: readonly string[], where: string): string {
  const folders = paths.filter((path) => /(^|\/)vae\.json$/.test(path)).map((path) => path.slice(0, -8));
  const depth = (folder: string) => folder.split('/').length;
  const top = Math.min(...folders.map(depth));
  const roots = folders.filter((folder) => depth(folder) === top);
  if (roots.length > 1) {
    throw new VaeError(
      'bad-option',
      `${where}: these are ${roots.length} models (${roots.slice(0, 3).join(', ')}); choose the folder of one.`,
    );
  }
  if (roots.length === 1) return roots[0]!;
  const first = paths[0]?.slice(0, paths[0].indexOf('/') + 1) ?? '';
  return paths.every((path) => path.startsWith(first)) ? first : '';
}

function list(contents: ReadonlyMap<string, unknown>): string {
  const names = [...contents.keys()];
  const more = names.length > 10 ? ', …' : '';
  return names.length === 0 ? 'the list is empty' : `there are: ${names.slice(0, 10).join(', ')}${more}`;
}
