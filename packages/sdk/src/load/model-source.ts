import { platform } from '#platform';
import { isVaeError, VaeError } from '../errors.js';
import { MANIFEST_FILE, type Manifest, parseManifest } from '../manifest.js';

/** A model given as bytes instead of a place. */
export interface ModelBytes {
  /** Contents of `vae.json`: bytes, text or the parsed value. */
  readonly manifest: Uint8Array | string | object;
  readonly encoder?: Uint8Array;
  readonly decoder?: Uint8Array;
}

export type ModelSource = string | URL | ModelBytes;

type Half = 'encoder' | 'decoder';

/** A manifest and a way to its files. */
export interface OpenModel {
  readonly manifest: Manifest;
  /** What errors call a half, such as "models/mnist-conv/encoder.onnx". */
  whereOf(half: Half): string;
  /** Bytes of a half whose size and checksum agree with the manifest. */
  read(half: Half, signal?: AbortSignal): Promise<Uint8Array>;
  /** True where reading costs next to nothing, so that damage is found before anything runs. */
  readonly atHand: boolean;
}

const manifestBytes = 2 ** 20;

/** Reads and checks a manifest, and the halves too where they are at hand. */
export async function openModel(source: ModelSource, signal?: AbortSignal): Promise<OpenModel> {
  const model = await open(source, signal);
  if (model.atHand) await checkHalves(model, signal);
  return model;
}

/** A half that is not there may not be needed; one that is there must be whole. */
async function checkHalves(model: OpenModel, signal?: AbortSignal): Promise<void> {
  for (const half of ['encoder', 'decoder'] as const) {
    if (!model.manifest.files[half]) continue;
    await model.read(half, signal).catch((error: unknown) => {
      if (!isVaeError(error) || error.code !== 'not-found') throw error;
    });
  }
}

async function open(source: ModelSource, signal?: AbortSignal): Promise<OpenModel> {
  if (typeof source === 'string' || source instanceof URL) return openPlace(source, signal);
  if (typeof source === 'object' && source !== null && source.manifest !== undefined)
    return openBytes(source);
  throw new VaeError(
    'bad-option',
    'VAE.load: expected a folder, a URL, a bundled name or { manifest, encoder, decoder } with the bytes.',
  );
}

async function openPlace(source: string | URL, signal?: AbortSignal): Promise<OpenModel> {
  const folder = await platform.openFolder(source, signal);
  const text = await folder.read(MANIFEST_FILE, { atMost: manifestBytes }, signal);
  const manifest = parseManifest(decodeText(text, folder.where), `${folder.where} ${MANIFEST_FILE}`);
  const whereOf = (half: Half) => `${folder.where} ${manifest.files[half]?.path ?? half}`;
  return {
    manifest,
    whereOf,
    atHand: folder.local,
    async read(half, signal) {
      const file = fileOf(manifest, half);
      const bytes = await folder.read(file.path, { exactly: file.bytes }, signal);
      await assertChecksum(bytes, file.sha256, whereOf(half));
      return bytes;
    },
  };
}

function openBytes(source: ModelBytes): OpenModel {
  const { manifest: given } = source;
  const json = given instanceof Uint8Array ? decodeText(given, 'manifest') : given;
  const manifest = parseManifest(json, 'manifest');
  const whereOf = (half: Half) => `${manifest.name} ${half}`;
  return {
    manifest,
    whereOf,
    atHand: true,
    async read(half) {
      const file = fileOf(manifest, half);
      const bytes = source[half];
      if (!bytes) throw new VaeError('not-found', `${whereOf(half)}: VAE.load was given no ${half} bytes.`);
      if (bytes.length !== file.bytes) {
        throw new VaeError(
          'bad-model',
          `${whereOf(half)}: ${bytes.length} bytes, the manifest says ${file.bytes}.`,
        );
      }
      await assertChecksum(bytes, file.sha256, whereOf(half));
      return bytes;
    },
  };
}

function fileOf(manifest: Manifest, half: Half) {
  const file = manifest.files[half];
  if (!file) throw new VaeError('unsupported', `${manifest.name}: the model has no ${half}.`);
  return file;
}

async function assertChecksum(bytes: Uint8Array, expected: string, where: string): Promise<void> {
  const digest = await platform.sha256(bytes);
  if (digest !== expected) {
    throw new VaeError('bad-model', `${where}: sha256 is ${digest}, the manifest says ${expected}.`);
  }
}

function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new VaeError('bad-manifest', `${where}: the manifest is not UTF-8 text.`, { cause });
  }
}
