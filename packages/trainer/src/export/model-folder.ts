import { createHash } from 'node:crypto';
import { MANIFEST_FILE, type Manifest, parseManifest } from '@vae/sdk/manifest';
import { encodePng, type Picture } from '@vae/sdk/media';
import type { Compiled, State } from '../engines/engine.js';
import type { Programs } from '../programs.js';
import { atomicFolder } from '../terminal/atomic-write.js';
import { exportHalves } from './halves.js';
import { modelCard } from './model-card.js';
import { verifyExport } from './verify.js';

export interface ModelFolder {
  /** All of the manifest but what follows from the files. */
  readonly manifest: Omit<Manifest, 'files'>;
  readonly programs: Programs;
  readonly weights: State;
  /** The trainer's own forward pass, which the files must equal. */
  readonly compiled: Compiled;
  /** Data as the encoder sees it, [count, ...shape]. */
  readonly reference: Float32Array;
  readonly preview?: Picture;
  /** What the bound means for this likelihood and data, one sentence. */
  readonly caveat: string;
}

const fileEntry = (path: string, bytes: Uint8Array) => ({
  path,
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/**
 * Writes a model folder whole or not at all, after comparing both files with the trainer's forward pass.
 *
 * @throws TrainerError "export-mismatch" when they differ by more than rounding
 */
export async function writeModelFolder(path: string, model: ModelFolder): Promise<Manifest> {
  const halves = exportHalves(model.programs, model.weights);
  await verifyExport(halves, model);
  const manifest = parseManifest(
    {
      ...model.manifest,
      files: {
        encoder: fileEntry('encoder.onnx', halves.encoder),
        decoder: fileEntry('decoder.onnx', halves.decoder),
      },
    },
    MANIFEST_FILE,
  );
  const files: [string, Uint8Array | string][] = [
    [MANIFEST_FILE, `${JSON.stringify(manifest, null, 2)}\n`],
    ['encoder.onnx', halves.encoder],
    ['decoder.onnx', halves.decoder],
    ['README.md', modelCard(manifest, model.caveat)],
  ];
  if (model.preview) files.push(['preview.png', encodePng(model.preview)]);
  await atomicFolder(path, files, { overwrite: true });
  return manifest;
}
