import type { Manifest } from '@vae/sdk/manifest';
import { type FileEntry, fileRow } from './model-card.js';
import type { Precision } from './precision.js';
import { precisionCard } from './precision-card.js';

export interface Copied {
  /** Of the model that was exported again. */
  readonly manifest: Manifest;
  /** The files that were written, encoder first. */
  readonly files: readonly FileEntry[];
  readonly precision?: Precision;
}

/** The model card of an exported copy: the model's own, with the new files and what rounding them cost. */
export function copiedCard(card: string, { manifest, files, precision }: Copied): string {
  const before = [manifest.files.encoder, manifest.files.decoder];
  const renewed = before.reduce(
    (text, file, i) => (file ? text.replace(fileRow(file), () => fileRow(files[i])) : text),
    card,
  );
  return precision ? `${renewed.trimEnd()}\n\n${precisionCard(precision)}` : renewed;
}
