import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_FILE, type Manifest } from '@vae/sdk/manifest';
import { uniform } from '@vae/sdk/random';
import type { Engine } from '../engines/engine.js';
import { engines } from '../engines/index.js';
import { sampleSize } from '../graph/shape.js';
import { atomicFolder } from '../terminal/atomic-write.js';
import { readPlainFile } from '../terminal/read-plain-file.js';
import type { ExporterName } from './exporters.js';
import { halfNames } from './halves.js';
import { type ExportOptions, exportedFiles } from './model-folder.js';
import { type Rebuilt, rebuildModel } from './rebuild.js';
import { tfjsFiles } from './tfjs-folder.js';

/** `onnx`: a model folder. `tfjs`: two GraphModels. */
export const modelFormats = ['onnx', 'tfjs'] as const;
export type ModelFormat = (typeof modelFormats)[number];

export interface ExportModelOptions extends ExportOptions {
  /** The folder to write. */
  readonly out: string;
  readonly format?: ModelFormat;
  /** Replaces an exported model that the folder holds. */
  readonly overwrite?: boolean;
  /** What computes the forward pass that the files are compared with; ort. */
  readonly engine?: Engine;
}

export interface ExportResult {
  readonly output: string;
  readonly name: string;
  readonly format: ModelFormat;
  /** Who wrote the ONNX files; absent for other formats. */
  readonly via?: ExporterName;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

type Files = [name: string, content: Uint8Array | string][];

/** What a model folder holds beside the manifest and its files, and what an exported copy keeps. */
const KEPT = ['README.md', 'preview.png'];
const MAX_KEPT_BYTES = 2 ** 26;
const REFERENCE_SAMPLES = 128;

/** Numbers from the data's range: the comparison wants them varied, not likely. */
function referenceFor({ data: { shape, range = [0, 1] } }: Manifest): Float32Array {
  const [low, high] = range;
  const key = { seed: 0, stream: 'export' };
  return uniform(key, REFERENCE_SAMPLES * sampleSize(shape)).map((u) => low + (high - low) * u);
}

async function onnxFiles(rebuilt: Rebuilt, options: ExportModelOptions): Promise<Files> {
  const { manifest, programs, weights } = rebuilt;
  const { encode, decode } = programs;
  const engine = options.engine ?? (await engines.ort());
  const compiled = await engine.compile({ encode, decode }, weights);
  try {
    const { files } = await exportedFiles({
      ...options,
      manifest,
      programs,
      weights,
      compiled,
      reference: referenceFor(manifest),
      files: { "the model's own file": rebuilt.files },
    });
    return files;
  } finally {
    await compiled.dispose();
  }
}

async function keptFiles(folder: string): Promise<Files> {
  const there = KEPT.filter((name) => existsSync(join(folder, name)));
  return Promise.all(
    there.map(
      async (name): Promise<Files[number]> => [
        name,
        await readPlainFile(join(folder, name), { maxBytes: MAX_KEPT_BYTES }),
      ],
    ),
  );
}

/** Whether `--overwrite` may delete something: only what an export wrote. */
const replaceable =
  (out: string) =>
  (name: string): boolean => {
    const isHalf = (halfNames as readonly string[]).includes(name);
    if (isHalf) return existsSync(join(out, name, 'model.json'));
    return name === MANIFEST_FILE || KEPT.includes(name) || name.endsWith('.onnx');
  };

/**
 * Exports a model again: through another exporter, or for another runtime. The folder is written whole or not at
 * all, and .onnx files only after they computed what the trainer and the model's own files compute.
 *
 * @param folder a model folder that vae-train made
 * @throws TrainerError "export-mismatch", "export-failed", and what `rebuildModel` throws; UsageError when `out` cannot
 *   be written
 * @example await exportModel('models/mnist-conv', { out: 'mnist-tfjs', format: 'tfjs' })
 */
export async function exportModel(folder: string, options: ExportModelOptions): Promise<ExportResult> {
  const { out, format = 'onnx', exportVia = 'native', overwrite } = options;
  const rebuilt = await rebuildModel(folder);
  const files =
    format === 'tfjs'
      ? tfjsFiles(rebuilt)
      : [...(await onnxFiles(rebuilt, options)), ...(await keptFiles(folder))];
  options.conversion?.signal?.throwIfAborted();
  await atomicFolder(out, files, { overwrite, replaceable: replaceable(out) });
  return {
    output: out,
    name: rebuilt.manifest.name,
    format,
    ...(format === 'onnx' && { via: exportVia }),
    files: files.map(([name, content]) => ({ name, bytes: Buffer.byteLength(content) })),
  };
}
