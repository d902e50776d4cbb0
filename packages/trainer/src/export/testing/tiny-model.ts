import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, parseManifest } from '@vae/sdk/manifest';
import { normal } from '@vae/sdk/random';
import { afterEach, beforeEach } from 'vitest';
import type { State } from '../../engines/engine.js';
import { buildPrograms, initialState } from '../../programs.js';
import { inThreadOrt } from '../../testing/in-thread-ort.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import { type ExportModelOptions, exportModel } from '../export-model.js';
import { writeModelFolder } from '../model-folder.js';

const recipe = tinyRecipe({ model: everyLayer });

export const programs = buildPrograms(recipe, TINY_SHAPE);

/** Biases start at 0, and an export that loses one would not be seen. */
export const weights: State = Object.fromEntries(
  Object.entries(initialState(programs, 3)).map(([name, { data, shape }]) => {
    const noise = normal({ seed: 1, stream: name }, data.length);
    return [name, { shape, data: data.map((value, i) => value + 0.1 * noise[i]) }];
  }),
);

export const preview = { width: 1, height: 1, channels: 1 as const, data: Uint8Array.of(7) };

let root: string;

export const at = (...path: string[]) => join(root, ...path);

/** Where the model lies. */
export const model = (...path: string[]) => at('model', ...path);

/** Where it is exported to. */
export const out = (...path: string[]) => at('out', ...path);

/** Gives each test of a file a folder with nothing but the model. */
export function useModel(): void {
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'vae-export-model-'));
    const { encode, decode } = programs;
    const compiled = await inThreadOrt.compile({ encode, decode }, weights);
    await writeModelFolder(model(), {
      manifest: {
        format: 'vae',
        version: 1,
        name: 'tiny',
        data: { kind: 'image', shape: [...TINY_SHAPE], range: [0, 1] },
        latent: { kind: 'gaussian', shape: [3] },
        likelihood: { kind: 'bernoulli', output: 'logits' },
        prior: { kind: 'standard-normal', mean: [0, 1, 2], std: [1, 1, 1] },
        training: { recipe, versions: { node: '20' } },
      },
      programs,
      weights,
      compiled,
      reference: new Float32Array(64),
      caveat: 'A caveat.',
      preview,
    });
    await compiled.dispose();
  });
  afterEach(() => rm(root, { recursive: true }));
}

export const runExport = (options: Partial<ExportModelOptions> = {}) =>
  exportModel(model(), { out: out(), engine: inThreadOrt, ...options });

/** Changes the manifest, and with it what it says of a file where the file was changed. */
export async function editManifest(change: (manifest: Manifest) => object): Promise<void> {
  const path = model('vae.json');
  const manifest = parseManifest(await readFile(path, 'utf8'), path);
  await writeFile(path, JSON.stringify({ ...manifest, ...change(manifest) }));
}
