import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { MANIFEST_FILE, type Manifest, parseManifest } from '@vae/sdk/manifest';
import { readPlainFile, UsageError } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';
import { ELEMENT, pageHtml, places } from './page-html.js';

export type PageFiles = [name: string, content: Uint8Array | string][];

const INDEX = 'index.html';
const MAX_MANIFEST_BYTES = 2 ** 20;
const MAX_MODEL_BYTES = 2 ** 31 - 1;
/** What computes in a page; the larger file for WebGPU pays for models far larger than these only. */
const RUNTIME = 'ort-wasm-simd-threaded.wasm';

/** Whether something in a folder may be replaced by a page: only what a page has. */
export const replaceable =
  (out: string) =>
  (name: string): boolean =>
    name === INDEX ||
    (name === places.scripts && existsSync(join(out, name, ELEMENT))) ||
    (name === places.model && existsSync(join(out, name, MANIFEST_FILE)));

/** The element and what it needs, as the installed SDK has them. */
async function scripts(): Promise<PageFiles> {
  const sdk = createRequire(import.meta.url).resolve('@vae/sdk/package.json');
  const folder = join(dirname(sdk), 'dist/browser');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const wasm = join(dirname(createRequire(sdk).resolve('onnxruntime-web/wasm')), RUNTIME);
  const paths = [...names.map((name) => join(folder, name)), wasm];
  return Promise.all(
    paths.map(
      async (path): Promise<PageFiles[number]> => [
        `${places.scripts}/${basename(path)}`,
        await readFile(path),
      ],
    ),
  );
}

/** Refuses what the element in the page would refuse, before anything is written. */
function assertDrawable(manifest: Manifest, where: string): void {
  const { data, latent, labels, files } = manifest;
  const why =
    (data.kind !== 'image' && `its data are of kind "${data.kind}", and a page draws images`) ||
    (!['gaussian', 'deterministic'].includes(latent.kind) &&
      `its latents are ${latent.kind}, and sliders need real numbers`) ||
    (labels?.conditional &&
      !labels.classes?.length &&
      'it is conditioned on numbers that are no classes, which the page has no control for') ||
    (!files.decoder && 'it has no decoder');
  if (why) throw new UsageError(`page: ${where} cannot be a page: ${why}.`);
}

async function readDecoder(folder: string, { files }: Manifest): Promise<Uint8Array> {
  const { path, bytes, sha256 } = files.decoder!;
  const content = await readPlainFile(join(folder, path), { maxBytes: MAX_MODEL_BYTES });
  const digest = createHash('sha256').update(content).digest('hex');
  if (content.length === bytes && digest === sha256) return content;
  throw new UsageError(
    `page: ${join(folder, path)} is not the file that ${MANIFEST_FILE} describes (${bytes} bytes, SHA-256 ${sha256}; ` +
      `found ${content.length} bytes, ${digest}). Export the model again.`,
  );
}

/**
 * All files of a page that shows a model's decoder: its HTML, manifest and decoder, the SDK's element and the
 * WebAssembly runtime. Together they need no other host.
 *
 * @param folder a model folder; its encoder stays where it is
 * @throws UsageError for a model that cannot be drawn or whose decoder is damaged; VaeError "bad-manifest"
 * @example await atomicFolder('site', await pageFiles('runs/photos/vae', { title: 'Photos' }))
 */
export async function pageFiles(folder: string, { title }: { title?: string } = {}): Promise<PageFiles> {
  const where = join(folder, MANIFEST_FILE);
  const text = await readPlainFile(where, { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = parseManifest(text.toString('utf8'), where);
  assertDrawable(manifest, folder);
  const { name, data, latent, labels, files } = manifest;
  const latentSize = sizeOf(latent.shape);
  const conditional = labels?.conditional;
  return [
    [INDEX, pageHtml({ title: title ?? name, shape: data.shape, latentSize, conditional })],
    [`${places.model}/${MANIFEST_FILE}`, text],
    [`${places.model}/${files.decoder!.path}`, await readDecoder(folder, manifest)],
    ...(await scripts()),
  ];
}
