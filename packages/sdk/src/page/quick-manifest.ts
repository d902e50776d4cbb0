import type { Manifest } from '../manifest/schema.js';

/**
 * Whether a value is a manifest as far as decoding goes: every field that a decoder uses is as it has to be. The rest is
 * not looked at. The whole schema is several times as large as this, and what it says of a good manifest is the same.
 */
export function isQuickManifest(value: unknown): value is Manifest {
  const { format, version, name, data, latent, likelihood, files, prior, labels } = Object(value);
  return (
    format === 'vae' &&
    version === 1 &&
    typeof name === 'string' &&
    ['image', 'vector', 'sequence', 'audio'].includes(data?.kind) &&
    isShape(data.shape) &&
    (data.kind !== 'image' || data.shape.length === 3) &&
    (data.range === undefined || (isNumbers(data.range, 2) && data.range[0] < data.range[1])) &&
    ['gaussian', 'deterministic'].includes(latent?.kind) &&
    isShape(latent.shape) &&
    ['logits', 'x', undefined].includes(likelihood?.output) &&
    isFile(files?.decoder) &&
    [prior?.mean, prior?.std, prior?.kl].every(
      (values) => values === undefined || isNumbers(values, product(latent.shape)),
    ) &&
    (labels === undefined || (typeof labels?.conditional === 'boolean' && areTexts(labels.classes ?? [])))
  );
}

const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;

const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);

function isShape(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isCount) && product(value) < 2 ** 31;
}

function isNumbers(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite);
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isFile(value: unknown): boolean {
  const { path, bytes, sha256 } = Object(value);
  return isCount(bytes) && /^[a-z0-9][\w.-]*$/i.test(path) && /^[0-9a-f]{64}$/.test(sha256);
}
