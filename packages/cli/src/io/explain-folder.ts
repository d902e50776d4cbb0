import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { MANIFEST_FILE } from '@vae/sdk/manifest';
import { rowsOf } from './read-rows.js';
import { isRunFolder, isThere, modelOfRun } from './run-folder.js';

/** What people give where a model is expected, and how it is told: by the folders in it. */
const halves = {
  tfjs: ['encoder/model.json', 'decoder/model.json'],
  diffusers: ['vae_encoder', 'vae_decoder'],
} as const;

const pictures = ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff', '.avif'];

type Kind = keyof typeof halves | 'run' | 'models' | 'pictures';

/**
 * What a folder is that holds no model in this project's own layout.
 *
 * @returns undefined for a model folder, a run folder with its model, what is no folder, and everything that is not known
 */
export async function kindOfFolder(path: string): Promise<Kind | undefined> {
  const names = await readdir(path).catch(() => undefined);
  if (!names || (await isThere(join(path, MANIFEST_FILE)))) return undefined;
  if (await isThere(join(modelOfRun(path), MANIFEST_FILE))) return undefined;
  if (await isRunFolder(path)) return 'run';
  for (const kind of ['tfjs', 'diffusers'] as const) {
    for (const name of halves[kind]) if (await isThere(join(path, name))) return kind;
  }
  if (names.some((name) => name.endsWith('.onnx'))) return undefined;
  if ((await modelBelow(path)) !== undefined) return 'models';
  return (await holdsPictures(path, names)) ? 'pictures' : undefined;
}

/** One sentence for a folder or table that no command opens as a model; undefined for anything else. */
export async function refusalOf(path: string): Promise<string | undefined> {
  const rows = rowsOf(path);
  if (rows && (await stat(rows.file).catch(() => undefined))?.isFile()) {
    return `"${rows.file}" is a table, no model: give the model first, or train one: vae-train init --data "${rows.spec.replace(/\?$/, '')}"`;
  }
  const kind = await kindOfFolder(path);
  if (kind === 'tfjs') {
    return (
      `"${path}" is a model for TensorFlow.js: open it there with tf.loadGraphModel('encoder/model.json') and ` +
      `'decoder/model.json', and give this command the model folder that it was exported from, with its ${MANIFEST_FILE}.`
    );
  }
  if (kind === 'run') {
    return `"${path}" is a run without a model yet; go on with it: vae-train --resume ${quoted(path)}`;
  }
  if (kind === 'models') {
    return `"${path}" is no model, but a folder that holds some; give one of them: "${await modelBelow(path)}"`;
  }
  if (kind !== 'pictures') return undefined;
  return `"${path}" is a folder of pictures, no model: give the model first, or train one: vae-train init --data "images:${path}?size=64"`;
}

/** The first model or run with a model in a folder. */
async function modelBelow(path: string): Promise<string | undefined> {
  for (const name of await readdir(path)) {
    const folder = join(path, name);
    if (await isThere(join(folder, MANIFEST_FILE))) return folder;
    if (await isThere(join(modelOfRun(folder), MANIFEST_FILE))) return folder;
  }
  return undefined;
}

/** As one word of a shell. */
const quoted = (path: string): string => (/^[\w./\\:~@+-]+$/.test(path) ? path : `"${path}"`);

/** In the folder itself, or in one right below. */
async function holdsPictures(path: string, names: readonly string[]): Promise<boolean> {
  const isPicture = (name: string) => !name.startsWith('.') && pictures.includes(extname(name).toLowerCase());
  if (names.some(isPicture)) return true;
  for (const name of names) {
    const below = await readdir(join(path, name)).catch(() => []);
    if (below.some(isPicture)) return true;
  }
  return false;
}
