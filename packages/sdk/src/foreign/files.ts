import { isVaeError, VaeError } from '../errors.js';
import type { ModelFolder } from '../load/places.js';
import type { HalfName } from '../model.js';
import { namesAutoencoder } from './diffusers-config.js';

/** An ONNX file of somebody else's and what stands beside it. */
export interface ForeignFile {
  /** What errors call it. */
  readonly where: string;
  read(signal?: AbortSignal): Promise<Uint8Array>;
  /** Reads a file of a plain name in the same folder; left out where there is no folder. */
  beside?(name: string, signal?: AbortSignal): Promise<Uint8Array>;
}

/** A model without a manifest: either half or both. */
export interface ForeignFiles {
  readonly name: string;
  readonly encoder?: ForeignFile;
  readonly decoder?: ForeignFile;
  /** config.json of diffusers: one that the caller names, which counts whatever the graphs' names are, or a search. */
  readonly config?:
    | { readonly given: ForeignFile }
    | { readonly given?: undefined; find(signal?: AbortSignal): Promise<FoundConfig | undefined> };
}

export interface FoundConfig {
  /** What errors call it. */
  readonly where: string;
  readonly bytes: Uint8Array;
}

/** Where tools put the halves: optimum and diffusers, people, optimum for other models, transformers.js. */
const places = [
  {
    encoder: 'vae_encoder/model.onnx',
    decoder: 'vae_decoder/model.onnx',
    configs: ['vae_encoder/config.json', 'vae_decoder/config.json'],
  },
  { encoder: 'encoder.onnx', decoder: 'decoder.onnx', configs: ['config.json'] },
  { encoder: 'encoder_model.onnx', decoder: 'decoder_model.onnx', configs: ['config.json'] },
  { encoder: 'onnx/encoder_model.onnx', decoder: 'onnx/decoder_model.onnx', configs: ['config.json'] },
] as const;

const commonConfig = 'config.json';
const configBytes = 2 ** 20;

/**
 * Looks for the halves of a model in a folder without a manifest.
 *
 * @param needed the half that the other is of no use without; either will do when left out
 * @throws VaeError "not-found" saying what was looked for; whatever the folder's `read` throws
 */
export async function findForeign(
  folder: ModelFolder,
  signal?: AbortSignal,
  needed?: HalfName,
): Promise<ForeignFiles> {
  for (const place of places) {
    const ahead = needed && probe(folder, place[needed], signal);
    if (needed && !(await ahead)) continue;
    const find = (half: HalfName) => (half === needed ? ahead : probe(folder, place[half], signal));
    const [first, second] = await Promise.all([find('encoder'), find('decoder')]);
    if (!first && !second) continue;
    return {
      name: lastPart(folder.where),
      ...(first && { encoder: first }),
      ...(second && { decoder: second }),
      config: { find: (signal) => findConfig(folder, place.configs, signal) },
    };
  }
  const looked = places
    .map((place) => (needed ? place[needed] : `${place.encoder} or ${place.decoder}`))
    .join(', ');
  const advice = /\.onnx\/$/i.test(folder.where)
    ? 'That names an ONNX file: give the folder that holds it and its vae.json, or pass it as { encoder } or { decoder }.'
    : 'Pass { encoder, decoder }, or one of them, for files of other names.';
  throw new VaeError('not-found', `${folder.where}: there is no vae.json, and none of ${looked}. ${advice}`);
}

/** A file that is there. What was read to see that is handed out once, and read anew after that. */
async function probe(
  folder: ModelFolder,
  path: string,
  signal?: AbortSignal,
): Promise<ForeignFile | undefined> {
  let kept = await readIfThere(folder, path, {}, signal);
  if (!kept) return undefined;
  const inside = path.slice(0, path.lastIndexOf('/') + 1);
  return {
    where: `${folder.where} ${path}`,
    async read(signal) {
      const bytes = kept;
      kept = undefined;
      return bytes ?? folder.read(path, {}, signal);
    },
    beside: (name, signal) => folder.read(inside + name, {}, signal),
  };
}

async function findConfig(
  folder: ModelFolder,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<FoundConfig | undefined> {
  const read = async (path: string) => {
    const bytes = await readIfThere(folder, path, { atMost: configBytes }, signal);
    return bytes && { where: `${folder.where} ${path}`, bytes };
  };
  for (const path of paths) {
    const found = await read(path);
    if (found) return found;
  }
  if (paths.includes(commonConfig)) return undefined;
  // The folder above may be that of a whole pipeline, or of something else.
  const found = await read(commonConfig);
  return found && namesAutoencoder(found.bytes) ? found : undefined;
}

async function readIfThere(
  folder: ModelFolder,
  path: string,
  limit: { readonly atMost?: number },
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await folder.read(path, limit, signal);
  } catch (error) {
    if (isVaeError(error) && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** 'sd-vae' of 'models/sd-vae/'. */
function lastPart(where: string): string {
  return where.split(/[/\\]/).filter(Boolean).at(-1) ?? where;
}
