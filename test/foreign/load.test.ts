import { existsSync } from 'node:fs';
import { copyFile, cp, link, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type LabelInput, type LoadOptions, type Tensor, VAE } from '@vae/sdk';
import { decodeNpy } from '@vae/sdk/media';
import { afterEach, describe, expect, it } from 'vitest';
import { withFolder } from '../support/project.js';

// Every model here was exported by its framework, which also computed the expected numbers; see the make_*.py files.

const folder = (...path: readonly string[]) => join(import.meta.dirname, ...path);

const open: VAE[] = [];

async function load(source: Parameters<typeof VAE.load>[0], options: LoadOptions = {}): Promise<VAE> {
  const vae = await VAE.load(source, { device: 'cpu', ...options });
  open.push(vae);
  return vae;
}

afterEach(async () => {
  for (const vae of open.splice(0)) await vae.dispose();
});

/** The framework's arrays by name; undefined for one that it does not have. */
async function expected(...path: readonly string[]): Promise<(name: string) => Tensor | undefined> {
  const names = ['x', 'mean', 'logvar', 'z', 'decoded', 'logits', 'label'].filter((name) =>
    existsSync(folder(...path, `${name}.npy`)),
  );
  const arrays = await Promise.all(
    names.map(async (name) => [name, decodeNpy(await readFile(folder(...path, `${name}.npy`)))] as const),
  );
  const byName = new Map(arrays);
  return (name) => byName.get(name);
}

function expectClose(actual: Tensor, wanted: Tensor, tolerance: number): void {
  expect(actual.shape).toEqual(wanted.shape);
  const limit = tolerance * wanted.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const worst = wanted.data.reduce((most, value, i) => Math.max(most, Math.abs(value - actual.data[i])), 0);
  expect(worst).toBeLessThanOrEqual(limit);
}

async function expectAgreement(vae: VAE, arrays: (name: string) => Tensor | undefined, tolerance = 1e-4) {
  const { mean, logvar } = await vae.encode(arrays('x')!);
  expectClose(mean, arrays('mean')!, tolerance);
  if (arrays('logvar')) expectClose(logvar, arrays('logvar')!, tolerance);
  await expectDecoding(vae, arrays, tolerance);
}

async function expectDecoding(vae: VAE, arrays: (name: string) => Tensor | undefined, tolerance = 1e-4) {
  expectClose(await vae.decode(arrays('z')!), arrays('decoded')!, tolerance);
  const logits = arrays('logits');
  if (logits) expectClose(await vae.decode(arrays('z')!, { logits: true }), logits, tolerance);
}

describe('a folder without a manifest', () => {
  it.each<[name: string, kind: string, shape: readonly number[], options?: LoadOptions, tolerance?: number]>([
    ['torch-mlp', 'gaussian', [64]],
    ['torch-conv', 'gaussian', [1, 16, 16]],
    // Half precision has three digits.
    ['torch-fp16', 'gaussian', [1, 16, 16], {}, 4e-3],
    ['torch-external', 'gaussian', [64], { externalData: true }],
    ['torch-fixed-batch', 'gaussian', [64]],
    ['torch-std', 'gaussian', [64]],
    ['keras-conv', 'gaussian', [12, 16, 3]],
    ['keras-two', 'gaussian', [16, 16, 1]],
    ['diffusers-kl', 'gaussian', [3, -1, -1]],
    ['diffusers-tiny', 'deterministic', [3, -1, -1]],
  ])('%s gives what its framework gives', async (name, kind, shape, options, tolerance) => {
    const vae = await load(folder(name), options);
    expect([vae.name, vae.latent.kind, vae.dataShape]).toEqual([name, kind, shape]);
    await expectAgreement(vae, await expected(name, 'expected'), tolerance);
  });

  it('takes images of any size where the graph does', async () => {
    await expectAgreement(
      await load(folder('diffusers-kl')),
      await expected('diffusers-kl', 'expected-24x8'),
    );
  });

  it('takes any number of items where the graph fixes it', async () => {
    const vae = await load(folder('torch-fixed-batch'));
    const arrays = await expected('torch-fixed-batch', 'expected');
    const [x, mean] = [arrays('x')!, arrays('mean')!];
    const seven = Array.from({ length: 7 }, (_, i) => i % 4);
    const rows = ({ data, shape }: Tensor) => {
      const size = shape[1];
      return {
        data: Float32Array.from(seven.flatMap((i) => [...data.subarray(i * size, (i + 1) * size)])),
        shape: [7, size],
      };
    };
    expectClose((await vae.encode(rows(x))).mean, rows(mean), 1e-4);
  });

  it('knows an encoder that draws inside its graph', async () => {
    const vae = await load(folder('diffusers-legacy'));
    expect(vae.latent.kind).toBe('sampled');
    const arrays = await expected('diffusers-legacy', 'expected');
    const [first, second] = [await vae.encode(arrays('x')!), await vae.encode(arrays('x')!)];
    expect(first.mean.shape).toEqual(arrays('mean')!.shape);
    expect(first.mean.data).not.toEqual(second.mean.data);
    await expectDecoding(vae, arrays);
  });

  it('knows how latents of diffusers are scaled', async () => {
    const vae = await load(folder('diffusers-kl'));
    const z = (await expected('diffusers-kl', 'expected'))('z')!;
    const scaled = vae.toDiffusionLatents(z);
    expectClose(scaled, { data: z.data.map((value) => (value - 0.1159) * 0.3611), shape: z.shape }, 1e-6);
    expectClose(vae.fromDiffusionLatents(scaled), z, 1e-6);
  });
});

describe('conditional models', () => {
  const cases: readonly [string, LoadOptions, (label: Tensor) => LabelInput][] = [
    ['torch-cvae', {}, ({ data }) => [...data]],
    // The same, one-hot, as its own vectors.
    [
      'torch-cvae',
      {},
      ({ data }) => [...data].map((index) => [0, 1, 2, 3, 4].map((k) => Number(k === index))),
    ],
    ['torch-cvae-embedding', { labels: { classes: 5 } }, ({ data }) => [...data]],
    [
      'torch-cvae-embedding',
      { labels: { classes: [...'abcde'] } },
      ({ data }) => [...data].map((k) => 'abcde'[k]),
    ],
  ];
  const devices: readonly LoadOptions[] = [
    { device: 'cpu', worker: false },
    { device: 'cpu', worker: true, threads: 2 },
    { device: 'wasm', worker: false },
  ];

  it.each(cases.flatMap((one) => devices.map((device) => [...one, device] as const)))(
    '%s %j gives what its framework gives, label by label',
    async (name, options, labelOf, device) => {
      const vae = await load(folder(name), { ...options, ...device });
      const arrays = await expected(name, 'expected');
      const label = labelOf(arrays('label')!);
      const { mean, logvar } = await vae.encode(arrays('x')!, { label });
      expectClose(mean, arrays('mean')!, 1e-4);
      expectClose(logvar, arrays('logvar')!, 1e-4);
      expectClose(await vae.decode(arrays('z')!, { label }), arrays('decoded')!, 1e-4);
      const logits = arrays('logits');
      if (logits) expectClose(await vae.decode(arrays('z')!, { label, logits: true }), logits, 1e-4);
    },
  );

  it('want to be told how many classes there are, where the graph does not say it', async () => {
    await expect(load(folder('torch-cvae-embedding'))).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(
        /decoder\.onnx: how many classes 'labels' has cannot be told\. Inputs: 'z' float32 \[batch, 4\], 'labels' int64 \[batch\]\. .* Pass labels: \{ classes: 10 \}/,
      ),
    });
  });
});

describe('files given one by one', () => {
  const mlp = (half: string) => folder('torch-mlp', `${half}.onnx`);

  it('are paths or bytes', async () => {
    const arrays = await expected('torch-mlp', 'expected');
    await expectAgreement(await load({ encoder: mlp('encoder'), decoder: mlp('decoder') }), arrays);
    const bytes = { encoder: await readFile(mlp('encoder')), decoder: await readFile(mlp('decoder')) };
    await expectAgreement(await load(bytes), arrays);
  });

  it('may be links, which a folder may not hold', async () => {
    await withFolder(async (target) => {
      await symlink(mlp('encoder'), join(target, 'encoder.onnx'));
      await copyFile(mlp('decoder'), join(target, 'blob'));
      await link(join(target, 'blob'), join(target, 'decoder.onnx'));
      await expect(load(target)).rejects.toThrow(
        /(symbolic link|2 hard links, .*); load a copy of the folder without links \(cp -rL\), or .*\{ encoder, decoder \}/,
      );
      const paths = { encoder: join(target, 'encoder.onnx'), decoder: join(target, 'decoder.onnx') };
      await expectAgreement(await load(paths), await expected('torch-mlp', 'expected'));
    });
  });

  it.skipIf(process.platform === 'win32')('are still plain files behind a link', async () => {
    await withFolder(async (target) => {
      const encoder = join(target, 'encoder.onnx');
      await symlink('/dev/zero', encoder);
      await expect(load({ encoder })).rejects.toThrow(`${encoder}: not a regular file.`);
      await rm(encoder);
      await symlink(encoder, encoder);
      await expect(load({ encoder })).rejects.toThrow(/cannot be opened: .*ELOOP/);
    });
  });

  it('may be the decoder alone', async () => {
    const vae = await load({ decoder: mlp('decoder') });
    await expectDecoding(vae, await expected('torch-mlp', 'expected'));
    await expect(vae.encode(new Float32Array(64))).rejects.toMatchObject({ code: 'unsupported' });
    expect((await vae.sample(3, { seed: 1 })).shape).toEqual([3, 64]);
  });

  it('may be the encoder alone', async () => {
    const vae = await load({ encoder: mlp('encoder') });
    const arrays = await expected('torch-mlp', 'expected');
    expectClose((await vae.encode(arrays('x')!)).mean, arrays('mean')!, 1e-4);
    await expect(vae.decode(new Float32Array(4))).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('take the options that settle what cannot be told', async () => {
    const encoder = folder('keras-conv', 'encoder.onnx');
    await expect(load({ encoder })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(
        /'keras_tensor' float32 .*'Identity:0' float32 .*latent: \{ kind: 'gaussian' \}/,
      ),
    });
    const vae = await load({ encoder }, { latent: { kind: 'gaussian' } });
    const arrays = await expected('keras-conv', 'expected');
    expectClose((await vae.encode(arrays('x')!)).mean, arrays('mean')!, 1e-4);
  });
});

describe('weights in other files', () => {
  const names = ['encoder.onnx', 'decoder.onnx', 'encoder.onnx.data', 'decoder.onnx.data'];

  it('are refused unless asked for', async () => {
    await expect(load(folder('torch-external'))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/"(en|de)coder\.onnx\.data"\). Pass externalData: true/),
    });
  });

  it.each([
    ['a symbolic link', symlink],
    ['a hard link', link],
  ])('are refused behind %s', async (_, linkFile) => {
    await withFolder(async (target) => {
      for (const name of names.slice(0, 3))
        await copyFile(folder('torch-external', name), join(target, name));
      const elsewhere = join(target, 'elsewhere');
      await copyFile(folder('torch-external', names[3]), elsewhere);
      await linkFile(elsewhere, join(target, names[3]));
      const paths = { encoder: join(target, names[0]), decoder: join(target, names[1]) };
      for (const source of [target, paths]) {
        await expect(load(source, { externalData: true })).rejects.toMatchObject({ code: 'bad-model' });
      }
    });
  });

  it('are refused when they are shorter than the graph says', async () => {
    await withFolder(async (target) => {
      await cp(folder('torch-external'), target, { recursive: true });
      await copyFile(folder('torch-mlp', 'expected', 'z.npy'), join(target, 'decoder.onnx.data'));
      await expect(load(target, { externalData: true })).rejects.toMatchObject({
        code: 'bad-model',
        message: expect.stringMatching(
          /tensor ".*" is said to be .* bytes from byte .* of decoder\.onnx\.data/,
        ),
      });
    });
  });
});
