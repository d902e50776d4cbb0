import { readFile, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, sep } from 'node:path';
import { MANIFEST_FILE, type Manifest, parseManifest } from '@vae/sdk/manifest';
import { readPlainFile, UsageError } from '@vae/trainer/terminal';
import { kindOfFolder, refusalOf } from './explain-folder.js';
import { modelOfRun } from './run-folder.js';

/** A model's folder on this disk. */
export interface ModelFolder {
  readonly path: string;
  /** It is part of the installed SDK, which nobody should change. */
  readonly bundled: boolean;
}

/** What a model folder holds beside the files that its manifest names. */
const extras = ['README.md', 'preview.png'];

/** Longer ones are not read. */
const mostCharacters = 2 ** 20;
const mostBytes = 2 ** 31;

/**
 * Where the model is that a command was given: a folder, its vae.json or the name of a bundled model.
 *
 * @throws UsageError for a model that is elsewhere, such as behind a URL
 */
export async function findModelFolder(source: string): Promise<ModelFolder> {
  const bundledModels = join(
    dirname(createRequire(import.meta.url).resolve('@vae/sdk/package.json')),
    'models',
  );
  for (const path of [source, modelOfRun(source), join(bundledModels, source)]) {
    const folder = basename(path) === MANIFEST_FILE ? dirname(path) : path;
    if (!(await isFile(join(folder, MANIFEST_FILE)))) continue;
    const real = await realpath(folder);
    return {
      path: folder,
      bundled: real.startsWith((await realpath(bundledModels).catch(() => bundledModels)) + sep),
    };
  }
  throw new UsageError((await refusalOf(source)) ?? (await withoutManifest(source)));
}

async function withoutManifest(source: string): Promise<string> {
  if ((await kindOfFolder(source)) === 'diffusers') {
    return `"${source}" is laid out as diffusers has it, without a ${MANIFEST_FILE}; this command needs the model folder that it was exported from.`;
  }
  const found = await stat(source).catch(() => undefined);
  return found
    ? `"${source}" has no ${MANIFEST_FILE}; this command needs the folder of a model or of a run that has one.`
    : `"${source}" is no model folder on this disk; download the model and give its folder.`;
}

/**
 * A manifest as text, lists of numbers on one line each.
 *
 * @throws UsageError for one that is too long to be read again, VaeError "bad-manifest" for one that is none
 */
export function manifestText(manifest: Manifest): string {
  const lines = JSON.stringify(manifest, null, 2);
  // Text in JSON has no line breaks, so only lists are found.
  const text = `${lines.replace(/\[\n\s+([-+.\de,\s]+?)\n\s*\]/g, (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`)}\n`;
  if (text.length > mostCharacters) {
    throw new UsageError(
      `${MANIFEST_FILE} would have ${text.length} characters, at most ${mostCharacters} are read; give fewer components.`,
    );
  }
  parseManifest(text, MANIFEST_FILE);
  return text;
}

/** The files of a model folder with another manifest. */
export async function filesWith(
  manifest: Manifest,
  { path }: ModelFolder,
): Promise<[name: string, content: Uint8Array | string][]> {
  const { encoder, decoder } = manifest.files;
  const files: [string, Uint8Array | string][] = [[MANIFEST_FILE, manifestText(manifest)]];
  for (const file of [encoder, decoder]) {
    if (file) files.push([file.path, await readPlainFile(join(path, file.path), { maxBytes: mostBytes })]);
  }
  for (const name of extras) {
    if (await isFile(join(path, name))) files.push([name, await readFile(join(path, name))]);
  }
  return files;
}

/** Whether a file may be replaced where a model is written over another one. */
export function isModelFile(name: string): boolean {
  return name === MANIFEST_FILE || extras.includes(name) || name.endsWith('.onnx');
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}
