import { places } from '#platform';
import { isVaeError } from '../errors.js';
import { manifestBytes } from '../load/expected.js';
import { foreignOptions } from '../load/load-options.js';
import type { ModelSource, OpenOptions } from '../load/model-source.js';
import type { ModelFolder } from '../load/places.js';
import { type OpenModel, specOf } from '../model.js';
import { isQuickManifest } from './quick-manifest.js';

/**
 * Opens a model for decoding: one behind a URL whose vae.json is as it should be in no time and with little code, and
 * all others, and what is wrong with them, by the code that `VAE.load` has, which is fetched for that.
 */
export async function openForDecoding(source: ModelSource, options: OpenOptions): Promise<OpenModel> {
  const later = () => import('../load/model-source.js');
  const folder = isPlace(source) ? await places.openFolder(source, options) : undefined;
  if (!folder || folder.local) return (await later()).openModel(source, options);
  const text = folder.read('vae.json', { atMost: manifestBytes }, options.signal);
  const quick = await open(folder, text, options);
  return quick ?? (await later()).openFolder(folder, options, { text, needed: 'decoder' });
}

const isPlace = (source: ModelSource) => typeof source === 'string' || source instanceof URL;

async function open(
  folder: ModelFolder,
  text: Promise<Uint8Array>,
  options: OpenOptions,
): Promise<OpenModel | undefined> {
  const manifest = await text.then(parsed, (error: unknown) => {
    // The code that says more about it would have to come over the same network.
    if (isVaeError(error) && error.code === 'download-failed') throw error;
    options.signal?.throwIfAborted();
  });
  // What is said of a model that says it itself is refused there.
  if (foreignOptions.some((name) => options[name] !== undefined) || !isQuickManifest(manifest))
    return undefined;
  const { path, bytes, sha256 } = manifest.files.decoder!;
  return {
    spec: specOf(manifest),
    whereOf: () => `${folder.where} ${path}`,
    read: async (_, signal) => ({ bytes: await folder.read(path, { exactly: bytes, sha256 }, signal) }),
  };
}

function parsed(text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text));
  } catch {
    return undefined;
  }
}
