import { places } from '#platform';
import { isVaeError } from '../errors.js';
import { manifestBytes } from '../load/expected.js';
import { foreignOptions } from '../load/load-options.js';
import type { ModelSource, OpenOptions } from '../load/model-source.js';
import { type OpenModel, specOf } from '../model.js';
import { isQuickManifest } from './quick-manifest.js';

/**
 * Opens a model for decoding: one behind a URL whose vae.json is as it should be in no time and with little code, and
 * all others, and what is wrong with them, by the code that `VAE.load` has, which is fetched for that.
 */
export async function openForDecoding(source: ModelSource, options: OpenOptions): Promise<OpenModel> {
  const quick = typeof source === 'string' || source instanceof URL ? await open(source, options) : undefined;
  if (quick) return quick;
  const { openModel } = await import('../load/model-source.js');
  return openModel(source, options);
}

async function open(source: string | URL, options: OpenOptions): Promise<OpenModel | undefined> {
  const folder = await places.openFolder(source, options);
  // What is said of a model that says it itself is refused there.
  if (folder.local || foreignOptions.some((name) => options[name] !== undefined)) return undefined;
  const text = await folder
    .read('vae.json', { atMost: manifestBytes }, options.signal)
    .catch((error: unknown) => {
      // To ask again would find the same after twice the time, and the code for it comes over the same network.
      if (isVaeError(error) && error.code === 'download-failed') throw error;
      options.signal?.throwIfAborted();
      return undefined;
    });
  const manifest = text && parsed(text);
  if (!isQuickManifest(manifest)) return undefined;
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
