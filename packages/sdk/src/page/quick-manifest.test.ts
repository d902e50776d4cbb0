import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseManifest } from '../manifest/parse.js';
import { modelBytes } from '../testing/models.js';
import { isQuickManifest } from './quick-manifest.js';

const good = () => ({
  ...structuredClone(modelBytes().manifest),
  prior: { kind: 'standard-normal', kl: [1, 2] },
  labels: { conditional: false },
});

type Fields = Record<string, unknown>;

/** The manifest with the field at a path such as 'data.shape' replaced. */
function withField(path: string, value: unknown): unknown {
  const manifest: Fields = good();
  const keys = path.split('.');
  const last = keys.pop()!;
  const holder = keys.reduce((object, key) => object[key] as Fields, manifest);
  holder[last] = value;
  return manifest;
}

it('takes manifests that are as they should be', () => {
  const bundled = new URL('../../../../models/mnist-conv/vae.json', import.meta.url);
  expect(isQuickManifest(JSON.parse(readFileSync(bundled, 'utf8')))).toBe(true);
  expect(isQuickManifest(good())).toBe(true);
  const optional = ['data.range', 'prior', 'prior.kl', 'labels', 'files.encoder'];
  for (const path of optional) expect(isQuickManifest(withField(path, undefined)), path).toBe(true);
});

it.each([
  ['format', 'other'],
  ['version', 2],
  ['name', 7],
  ['data', null],
  ['data.kind', 'picture'],
  ['data.shape', [28, 28]],
  ['data.shape', [1, 0, 28]],
  ['data.shape', [1, 2 ** 16, 2 ** 15]],
  ['data.shape', '1,2,3'],
  ['data.range', [1, 0]],
  ['data.range', [0]],
  ['latent.kind', 'wide'],
  ['latent.shape', []],
  ['latent.shape', [1.5]],
  ['likelihood.output', 'mean'],
  ['files.decoder', undefined],
  ['files.decoder.path', '../decoder.onnx'],
  ['files.decoder.path', '.hidden'],
  ['files.decoder.bytes', 0],
  ['files.decoder.sha256', 'ab'],
  ['prior.kl', [1]],
  ['prior.mean', [1, 2, 3]],
  ['prior.std', 'wide'],
  ['prior.kl', [1, 'two']],
  ['labels.conditional', 'no'],
  ['labels.classes', 'cat'],
  ['labels.classes', [1, 2]],
])('leaves %s = %j to the whole schema, which refuses it or knows more', (path, value) => {
  const manifest = withField(path, value);
  expect(isQuickManifest(manifest)).toBe(false);
  if (value !== undefined) expect(() => parseManifest(manifest, 'manifest')).toThrow(path.split('.')[0]);
});

it.each([undefined, null, 7, 'text', []])('is not %j', (value) => {
  expect(isQuickManifest(value)).toBe(false);
});
