import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_FILE, type Manifest } from '@vae/sdk/manifest';
import { uniform } from '@vae/sdk/random';
import type { Engine } from '../engines/engine.js';
import { engines } from '../engines/index.js';
import { TrainerError } from '../errors.js';
import { atomicFolder } from '../files/atomic-write.js';
import { readPlainFile } from '../files/read-plain-file.js';
import { requireWritableFolder } from '../files/require-writable.js';
import { sampleSize } from '../graph/shape.js';
import { toFloat16 } from '../onnx/float16.js';
import type { OnnxModel } from '../onnx/model.js';
import type { Exported } from './convert.js';
import { type Copied, copiedCard } from './copied-card.js';
import { assertDiffusers, diffusersFiles, diffusersFolders, verifyDiffusers } from './diffusers-folder.js';
import { toDiffusers } from './diffusers-graph.js';
import { type Dtype, roundings } from './dtypes.js';
import type { ExporterName } from './exporters.js';
import { exportHalves, type Halves, halfNames } from './halves.js';
import { CARD, type ExportOptions, fileEntry, folderFiles, PREVIEW, verifiedHalves } from './model-folder.js';
import { measurePrecision, type Precision } from './precision.js';
import { type Rebuilt, rebuildModel } from './rebuild.js';
import { tfjsFiles } from './tfjs-folder.js';
import { TOLERANCE } from './verify.js';

/** `onnx`: a model folder. `tfjs`: two GraphModels. */
export const modelFormats = ['onnx', 'tfjs'] as const;
export type ModelFormat = (typeof modelFormats)[number];

/** `vae`: ours, with a vae.json. `diffusers`: that of diffusers and optimum. */
export const modelLayouts = ['vae', 'diffusers'] as const;
export type ModelLayout = (typeof modelLayouts)[number];

export interface ExportModelOptions extends ExportOptions {
  /** The folder to write. */
  readonly out: string;
  readonly format?: ModelFormat;
  /** Names, shapes and folders of ONNX files. Of the native writer only. */
  readonly layout?: ModelLayout;
  /** How the numbers are stored: float32, or rounded to float16 or int8. Of the native writer only. */
  readonly dtype?: Dtype;
  /** Largest error of a rounded model's outputs, in units of max(1, largest |expected|); 0.01 and 0.05 by default. */
  readonly tolerance?: number;
  /** Replaces an exported model that the folder holds. */
  readonly overwrite?: boolean;
  /** What computes the forward pass that the files are compared with; ort. */
  readonly engine?: Engine;
}

export interface ExportResult {
  readonly output: string;
  readonly name: string;
  readonly format: ModelFormat;
  /** Of ONNX files; absent for other formats. */
  readonly layout?: ModelLayout;
  /** Who wrote the ONNX files; absent for other formats. */
  readonly via?: ExporterName;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** What rounding cost and saved; for float16 and int8. */
  readonly precision?: Precision;
}

type Files = [name: string, content: Uint8Array | string][];

/** What a model folder holds beside the manifest and its files, and what an exported copy keeps. */
const KEPT = [CARD, PREVIEW];
const MAX_KEPT_BYTES = 2 ** 26;
const REFERENCE_SAMPLES = 128;

/** Numbers from the data's range: the comparison wants them varied, not likely. */
function referenceFor({ data: { shape, range = [0, 1] } }: Manifest): Float32Array {
  const [low, high] = range;
  const key = { seed: 0, stream: 'export' };
  return uniform(key, REFERENCE_SAMPLES * sampleSize(shape)).map((u) => low + (high - low) * u);
}

/** Both halves as .onnx files, compared with the trainer's forward pass and the model's own files. */
async function exactHalves(rebuilt: Rebuilt, options: ExportModelOptions): Promise<Exported> {
  const { manifest, programs, weights } = rebuilt;
  const { encode, decode } = programs;
  const engine = options.engine ?? (await engines.ort());
  const compiled = await engine.compile({ encode, decode }, weights, { device: 'cpu' });
  try {
    return await verifiedHalves({
      ...options,
      programs,
      weights,
      compiled,
      reference: referenceFor(manifest),
      files: { "the model's own file": rebuilt.files },
    });
  } finally {
    await compiled.dispose();
  }
}

/** What a copy keeps of the model's folder; a rounded one has a card even where there was none. */
async function copiedFiles(folder: string, copied: Copied): Promise<Files> {
  const kept = new Map(await keptFiles(folder));
  const card = kept.get(CARD) ?? (copied.precision && `# ${copied.manifest.name}\n`);
  if (card !== undefined) kept.set(CARD, copiedCard(Buffer.from(card).toString('utf8'), copied));
  return [...kept];
}

interface Written {
  readonly files: Files;
  readonly precision?: Precision;
}

async function onnxFiles(folder: string, rebuilt: Rebuilt, options: ExportModelOptions): Promise<Written> {
  const { manifest, programs, weights } = rebuilt;
  const { dtype, tolerance, layout } = options;
  if (layout === 'diffusers') assertDiffusers(manifest);
  const exact = await exactHalves(rebuilt, options);
  const rounding = dtype === 'float32' ? undefined : dtype;
  const round = rounding && roundings[rounding].round;
  const halves = round ? exportHalves(programs, weights, round) : exact.halves;
  const precision =
    rounding && (await measurePrecision(rounding, halves, exact.halves, { manifest, tolerance }));
  const files =
    layout === 'diffusers'
      ? await convertedFiles(rebuilt, halves, round)
      : folderFiles(manifest, { ...exact, halves }).files;
  const written = files.flatMap(([name, content]) =>
    typeof content !== 'string' ? [fileEntry(name, content)] : [],
  );
  const copied = await copiedFiles(folder, { manifest, files: written, precision });
  return { files: [...files, ...copied], ...(precision && { precision }) };
}

/** The halves in the layout of diffusers, compared with themselves in ours. */
async function convertedFiles(
  { manifest, programs, weights }: Rebuilt,
  ours: Halves,
  round: (model: OnnxModel) => OnnxModel = (model) => model,
): Promise<Files> {
  const converted = exportHalves(programs, weights, (model, half) =>
    toDiffusers(round(model), half, manifest),
  );
  // A pixel that was moved to −1..1 and back may round to the half beside it.
  const tolerance = round === toFloat16 ? 1e-3 : TOLERANCE;
  await verifyDiffusers(converted, ours, { manifest, tolerance });
  return diffusersFiles(manifest, converted);
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
    if (Object.values(diffusersFolders).includes(name)) return existsSync(join(out, name, 'model.onnx'));
    return name === MANIFEST_FILE || KEPT.includes(name) || name.endsWith('.onnx');
  };

/** Refuses choices that exclude each other. */
function refuseContradictions({ format, exportVia, layout, dtype, tolerance }: ExportModelOptions): void {
  const rounded = dtype !== undefined && dtype !== 'float32';
  const asked = [rounded && `--dtype ${dtype}`, layout === 'diffusers' && '--layout diffusers'].find(Boolean);
  if (asked && format === 'tfjs')
    throw new TrainerError('bad-option', `${asked} is for ONNX files; leave it out with --format tfjs.`);
  if (asked && exportVia === 'tf2onnx')
    throw new TrainerError('bad-option', `${asked} is of the native writer; leave --via tf2onnx out.`);
  if (!rounded && tolerance !== undefined)
    throw new TrainerError(
      'bad-option',
      '--tolerance goes with --dtype float16 or int8; float32 files are exact.',
    );
}

/**
 * Exports a model again: through another exporter, for another runtime, or smaller. The folder is written whole or not
 * at all, and .onnx files only after they computed what the trainer and the model's own files compute; rounded ones
 * after their error was measured.
 *
 * @param folder a model folder that vae-train made
 * @throws TrainerError "export-mismatch", "export-failed", "bad-option" for choices that exclude each other, "bad-file" when
 *   `out` cannot be written, and what `rebuildModel` throws
 * @example await exportModel('models/mnist-conv', { out: 'mnist-tfjs', format: 'tfjs' })
 */
export async function exportModel(folder: string, options: ExportModelOptions): Promise<ExportResult> {
  const { out, format = 'onnx', layout = 'vae', exportVia = 'native', overwrite } = options;
  refuseContradictions(options);
  const writing = { overwrite, replaceable: replaceable(out) };
  await requireWritableFolder(out, writing);
  const rebuilt = await rebuildModel(folder);
  const { files, precision }: Written =
    format === 'tfjs' ? { files: tfjsFiles(rebuilt) } : await onnxFiles(folder, rebuilt, options);
  options.conversion?.signal?.throwIfAborted();
  await atomicFolder(out, files, writing);
  return {
    output: out,
    name: rebuilt.manifest.name,
    format,
    ...(format === 'onnx' && { layout, via: exportVia }),
    files: files.map(([name, content]) => ({ name, bytes: Buffer.byteLength(content) })),
    ...(precision && { precision }),
  };
}
