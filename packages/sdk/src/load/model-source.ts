import { places } from '#platform';
import { isVaeError, VaeError } from '../errors.js';
import type { ForeignFile, ForeignOptions } from '../foreign/index.js';
import { parseManifest } from '../manifest/parse.js';
import { MANIFEST_FILE, type Manifest } from '../manifest/schema.js';
import { type HalfName, type OpenModel, specOf } from '../model.js';
import { quiet } from '../quiet.js';
import { BadStatus, WebPage } from './answer.js';
import {
  bytesFolder,
  bytesOf,
  type FileBytes,
  isFileBytes,
  type ModelFiles,
  memoryFile,
} from './bytes-folder.js';
import { manifestBytes, OtherSize, verified } from './expected.js';
import { foreignOptions } from './load-options.js';
import type { ModelFolder } from './places.js';
import { type Transfer, transferSettings } from './transfer.js';

/** A model with a manifest, given as bytes instead of a place. */
export interface ModelBytes {
  /** Contents of `vae.json`: bytes, text or the parsed value. */
  readonly manifest: FileBytes | string | object;
  readonly encoder?: FileBytes;
  readonly decoder?: FileBytes;
}

/** ONNX files without a manifest, by place or as bytes; one of them is enough. */
export interface ModelHalves {
  readonly manifest?: undefined;
  readonly encoder?: string | URL | FileBytes;
  readonly decoder?: string | URL | FileBytes;
  /** config.json of a diffusers autoencoder, which knows how its latents are scaled; its pixels are from -1 to 1. */
  readonly config?: string | URL | FileBytes;
}

export type ModelSource = string | URL | ModelBytes | ModelHalves | ModelFiles;

export interface OpenOptions extends Transfer, ForeignOptions {
  /** Stops the loading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Finds a model, and reads and checks its description; its files too where they are at hand.
 *
 * @throws VaeError "not-found", "download-failed", "bad-manifest", "bad-model", "bad-option", "unsupported"
 */
export async function openModel(source: ModelSource, options: OpenOptions = {}): Promise<OpenModel> {
  const { maxBytes } = transferSettings(options);
  if (typeof source === 'string' || source instanceof URL) {
    const folder = await places.openFolder(source, options);
    return openFolder(folder, options).catch(async (error: unknown) => {
      throw isNotFound(error) && (await isRun(folder)) ? modelInside(folder, error) : error;
    });
  }
  if (typeof source !== 'object' || source === null || isFileBytes(source)) throw await notASource(source);
  if (source instanceof Map || Symbol.iterator in source) {
    return openFolder(verified(bytesFolder(source, 'the given files', maxBytes), places.sha256), options);
  }
  const given = source as ModelBytes | ModelHalves;
  if (given.manifest !== undefined) return openBytes(given as ModelBytes, options, maxBytes);
  if (given.encoder === undefined && given.decoder === undefined) throw await notASource(source);
  return openHalves(given, options);
}

async function notASource(came: unknown): Promise<VaeError> {
  const { sources } = await import('./refusals.js');
  return new VaeError('bad-option', `VAE.load: ${sources}; got ${came === null ? 'null' : typeof came}.`);
}

/** Training leaves the model in a folder of the run's. */
const inRun = 'vae';

/** A look costs nothing on a disk; elsewhere it would be one more request. */
async function isRun(folder: ModelFolder): Promise<boolean> {
  if (!folder.local) return false;
  const found = folder.read(`${inRun}/${MANIFEST_FILE}`, { atMost: manifestBytes });
  return found.then(
    () => true,
    () => false,
  );
}

function modelInside({ where }: ModelFolder, cause: VaeError): VaeError {
  const path = `${where.replace(/[/\\]+$/, '')}/${inRun}`;
  return new VaeError('not-found', `${where}: there is no ${MANIFEST_FILE}, but one in ${path}: load that.`, {
    cause,
  });
}

/** What a page with a model of ours need not download. */
const foreign = () => import('../foreign/index.js');

/** What a caller of `openFolder` knows already. */
interface Begun {
  /** The reading of vae.json, so that it is read once. */
  readonly text?: Promise<Uint8Array>;
  /** The half that the model is opened for; what has only the other is not looked for. */
  readonly needed?: HalfName;
}

/** A folder with a manifest, or one of another maker. */
export async function openFolder(
  folder: ModelFolder,
  options: OpenOptions,
  { text: reading, needed }: Begun = {},
): Promise<OpenModel> {
  const { signal } = options;
  let absent: VaeError | undefined;
  const read = reading ?? folder.read(MANIFEST_FILE, { atMost: manifestBytes }, signal);
  const text = await read.catch(async (error: unknown) => {
    if (!isNotFound(error) || isWholeMissing(error)) throw await explained(error, folder);
    absent = error;
  });
  if (text) return openManifest(folder, text, options);
  const { findForeign, openForeign } = await foreign();
  const files = await findForeign(folder, signal, needed).catch((error: unknown) => {
    // A server that sends a page for every name has no model there, and that is the thing to say.
    throw isNotFound(error) && absent?.cause instanceof WebPage ? absent : error;
  });
  return openForeign(files, options, signal);
}

/** Not only a file is missing, so that asking for others would hide the reason. */
function isWholeMissing({ cause }: VaeError): boolean {
  return cause instanceof BadStatus && /^(Repo|Revision)NotFound$/.test(cause.header('x-error-code') ?? '');
}

/** Storage whose files may not be listed answers 403 for one that is not there; the Hub means what it says. */
async function explained(error: unknown, { where }: ModelFolder): Promise<unknown> {
  const { cause, message } = Object(error) as VaeError;
  if (!(cause instanceof BadStatus) || cause.status !== 403 || /^hf:/i.test(where)) return error;
  const { perhapsMissing } = await import('./refusals.js');
  return new VaeError('download-failed', `${message} ${perhapsMissing}`, { cause });
}

const isNotFound = (error: unknown): error is VaeError => isVaeError(error) && error.code === 'not-found';

async function openManifest(
  folder: ModelFolder,
  text: Uint8Array | string | object,
  options: OpenOptions,
): Promise<OpenModel> {
  const where = `${folder.where} ${MANIFEST_FILE}`;
  assertNothingSaid(options, where);
  const { signal } = options;
  const manifest = parseManifest(text instanceof Uint8Array ? decodeText(text, where) : text, where);
  const read = async (half: HalfName, signal?: AbortSignal) => {
    const file = manifest.files[half];
    if (!file) throw new VaeError('unsupported', `${manifest.name}: the model has no ${half}.`);
    const expected = { exactly: file.bytes, sha256: file.sha256 };
    const bytes = await folder.read(file.path, expected, signal).catch((error: unknown) => {
      throw swapped(error, half, manifest) ?? error;
    });
    return { bytes };
  };
  if (folder.local) await checkHalves(Object.keys(manifest.files) as HalfName[], read, signal);
  return {
    spec: specOf(manifest),
    whereOf: (half) => `${folder.where} ${manifest.files[half]?.path ?? half}`,
    read,
  };
}

/** An option that would change nothing is refused, because whoever passes it counts on it. */
function assertNothingSaid(options: OpenOptions, where: string): void {
  const given = foreignOptions.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new VaeError(
    'bad-option',
    `VAE.load: the option ${given} is for models without a ${MANIFEST_FILE}; ${where} says it, so leave it out.`,
  );
}

/** A clearer error where a half has the size of the other one. */
function swapped(error: unknown, half: HalfName, { files }: Manifest): VaeError | undefined {
  const other = half === 'encoder' ? 'decoder' : 'encoder';
  if (!isVaeError(error) || !(error.cause instanceof OtherSize)) return undefined;
  if (error.cause.length !== files[other]?.bytes) return undefined;
  const text = `${error.message.replace(/; it is [^;]*; fetch it again\.$/, '')}; that is the size of the ${other}: are the two files swapped?`;
  return new VaeError(error.code, text, { cause: error.cause });
}

/** What is at hand is looked at now. A half that is not there may not be needed; one that is there must be whole. */
async function checkHalves(
  halves: readonly HalfName[],
  read: OpenModel['read'],
  signal?: AbortSignal,
): Promise<void> {
  for (const half of halves) {
    await read(half, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

async function openBytes(source: ModelBytes, options: OpenOptions, maxBytes: number): Promise<OpenModel> {
  const { manifest: given } = source;
  const json = isFileBytes(given) ? decodeText(await bytesOf(given, 'manifest'), 'manifest') : given;
  const { name, files } = parseManifest(json, 'manifest');
  const contents = new Map<string, FileBytes>();
  for (const half of ['encoder', 'decoder'] as const) {
    const [file, bytes] = [files[half], source[half]];
    if (file && bytes) contents.set(file.path, bytes);
  }
  const folder = verified(bytesFolder(contents, name, maxBytes), places.sha256);
  const model = await openManifest(folder, json, options);
  // A half that was not given is not there.
  const { encoder, decoder, ...spec } = model.spec;
  return {
    ...model,
    spec: { ...spec, ...(source.encoder && { encoder }), ...(source.decoder && { decoder }) },
  };
}

async function openHalves(source: ModelHalves, options: OpenOptions): Promise<OpenModel> {
  const { halvesOf, openForeign } = await foreign();
  const { encoder, decoder, config } = halvesOf(source);
  const files = {
    name: options.name ?? 'model',
    ...(encoder !== undefined && { encoder: await givenFile('encoder', encoder, options) }),
    ...(decoder !== undefined && { decoder: await givenFile('decoder', decoder, options) }),
    ...(config !== undefined && { config: { given: await givenFile('config', config, options) } }),
  };
  return openForeign(files, options, options.signal);
}

/**
 * A file that the caller gave by itself: by its place, or as bytes.
 *
 * @throws VaeError "bad-option" for what is neither
 */
async function givenFile(
  half: HalfName | 'config',
  value: string | URL | FileBytes,
  options: OpenOptions,
): Promise<ForeignFile> {
  if (isFileBytes(value)) {
    const [file, where] = [memoryFile(value), `the given ${half}`];
    return { where, read: () => file.read(where) };
  }
  if (typeof value !== 'string' && !(value instanceof URL)) {
    throw new VaeError('bad-option', `VAE.load: ${half} is no path, URL, Uint8Array, ArrayBuffer or Blob.`);
  }
  const { splitPath } = await import('./split-path.js');
  const { where, inside, name, fetch } = splitPath(String(value), options);
  const folder = quiet(places.openFolder(inside, { ...options, ...(fetch && { fetch }) }));
  return {
    where,
    read: async (signal) => (await folder).read(name, { chosen: true }, signal),
    beside: async (name, signal) => (await folder).read(name, {}, signal),
  };
}

function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new VaeError('bad-manifest', `${where}: the manifest is not UTF-8 text.`, { cause });
  }
}
