import { createHash } from 'node:crypto';
import { MANIFEST_FILE, type Manifest, parseManifest } from '@vae/sdk/manifest';
import { encodePng, type Picture } from '@vae/sdk/media';
import { atomicFolder, isTemporary } from '../files/atomic-write.js';
import type { ConvertOptions, Exported } from './convert.js';
import { type ExporterName, exporters } from './exporters.js';
import { exportHalves, fileOf, type Halves, halfNames } from './halves.js';
import { type FileEntry, modelCard } from './model-card.js';
import { type Comparison, verifyExport } from './verify.js';

/** How the two files are made. */
export interface ExportOptions {
  /** `native`: by our own writer. `tf2onnx`: by tf2onnx from TensorFlow graphs. */
  readonly exportVia?: ExporterName;
  readonly conversion?: ConvertOptions;
}

export interface ModelFolder extends Comparison, ExportOptions {
  /** All of the manifest but what follows from the files. */
  readonly manifest: Omit<Manifest, 'files'>;
  readonly preview?: Picture;
  /** What the bound means for this likelihood and data, one sentence. */
  readonly caveat: string;
}

type Content = Uint8Array | string;

/** What a manifest says of a file. */
export const fileEntry = (path: string, bytes: Uint8Array): FileEntry => ({
  path,
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/** The manifest of a model with these two files, made with these versions of other software. */
function manifestWith(
  manifest: Omit<Manifest, 'files'>,
  halves: Halves,
  versions: Readonly<Record<string, string>>,
): Manifest {
  const { training = {} } = manifest;
  const made = Object.keys(versions).length > 0;
  const files = {
    encoder: fileEntry(fileOf('encoder'), halves.encoder),
    decoder: fileEntry(fileOf('decoder'), halves.decoder),
  };
  return parseManifest(
    {
      ...manifest,
      files,
      ...(made && { training: { ...training, versions: { ...training.versions, ...versions } } }),
    },
    MANIFEST_FILE,
  );
}

/** Longer ones are not read again. */
const MAX_MANIFEST_CHARACTERS = 2 ** 20;

/** A large mixture fits in one line only. */
function manifestText(manifest: Manifest): string {
  const text = JSON.stringify(manifest, null, 2);
  return `${text.length < MAX_MANIFEST_CHARACTERS ? text : JSON.stringify(manifest)}\n`;
}

/**
 * The two files of a model, after comparing them with the trainer's forward pass, and, where others wrote them, with
 * what our own writer gives.
 *
 * @throws TrainerError "export-mismatch" when they differ by more than rounding, "export-failed" when a converter fails
 */
export async function verifiedHalves(model: Omit<ModelFolder, 'manifest' | 'caveat'>): Promise<Exported> {
  const { programs, weights, exportVia = 'native', conversion = {} } = model;
  const exported = await exporters[exportVia].write(programs, weights, conversion);
  const native = exportVia !== 'native' && { 'the native file': exportHalves(programs, weights) };
  const files = { ...native, ...model.files };
  await verifyExport(exported.halves, { ...model, files, onNote: conversion.onNote });
  return exported;
}

/** The manifest and the files of a model folder. */
export function folderFiles(
  described: Omit<Manifest, 'files'>,
  { halves, versions }: Exported,
): { manifest: Manifest; files: [name: string, content: Content][] } {
  const manifest = manifestWith(described, halves, versions);
  return {
    manifest,
    files: [
      [MANIFEST_FILE, manifestText(manifest)],
      [fileOf('encoder'), halves.encoder],
      [fileOf('decoder'), halves.decoder],
    ],
  };
}

export const CARD = 'README.md';
export const PREVIEW = 'preview.png';

/** Whether a file of the folder is written anew; what users put beside these stays. */
const isWritten = (name: string): boolean =>
  [MANIFEST_FILE, ...halfNames.map(fileOf), CARD, PREVIEW].includes(name) || isTemporary(name);

/**
 * Writes a model folder whole or not at all, after comparing both files with the trainer's forward pass. What else lies
 * there stays.
 *
 * @throws TrainerError "export-mismatch" when they differ by more than rounding, "export-failed" when a converter fails
 */
export async function writeModelFolder(path: string, model: ModelFolder): Promise<Manifest> {
  const { manifest, files } = folderFiles(model.manifest, await verifiedHalves(model));
  files.push([CARD, modelCard(manifest, model.caveat)]);
  if (model.preview) files.push([PREVIEW, encodePng(model.preview)]);
  await atomicFolder(path, files, { overwrite: true, keep: (name) => !isWritten(name) });
  return manifest;
}
