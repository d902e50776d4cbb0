import { describe, expect, it } from 'vitest';
import { classes, conditionalDecoder } from '../testing/conditional.js';
import { decoderModel } from '../testing/models.js';
import { onnxModel } from '../testing/onnx.js';
import { decoded, petsLoader, xs, zs } from '../testing/pets.js';
import { collect, tinyLoader } from '../testing/tiny.js';
import { VAE } from './vae.js';

const load = petsLoader();
const loadTiny = tinyLoader({ device: 'cpu', worker: false });

describe('what is refused', () => {
  it.each<[string, unknown, string]>([
    [
      'a class beyond the last',
      3,
      "3 is no class of pets, expected a whole number from 0 to 2, or a name ('cat', 'dog', 'owl').",
    ],
    ['a fraction', [0, 0, 0.5, 0, 0], '0.5 is no class of pets'],
    ['a negative number', -1, '-1 is no class of pets'],
    [
      'an unknown name',
      'catt',
      "'catt' is no class of pets, expected a whole number from 0 to 2, or a name ('cat', 'dog', 'owl'). Did you mean 'cat'?",
    ],
    ['nothing', null, 'null is no class of pets'],
    ['something else', [true, 0, 0, 0, 0], 'true is no class of pets'],
    ['too few', [0, 1], '2 labels came for 5 items; pass one for all, or one for each.'],
    ['too many', new Int32Array(6), '6 labels came for 5 items'],
    [
      'vectors of three axes',
      [[[1]]],
      'condition vectors of shape [1, 1, 1], expected [N, K], or [K] for all items.',
    ],
  ])('is %s', async (_, label, text) => {
    const vae = await load();
    await expect(vae.decode(zs, { label: label as never })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(`decode label: ${text}`),
    });
  });

  it('is no label where one is needed', async () => {
    const vae = await load();
    const text = (half: string) => `the ${half} is conditioned on labels and got none; pass label`;
    const code = 'bad-option';
    await expect(vae.decode(zs)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text('decoder')),
    });
    await expect(vae.sample(2)).rejects.toThrow(
      "one for all items or one for each: a whole number from 0 to 2, or a name ('cat'",
    );
    await expect(collect(vae.sample(2, { stream: true }))).rejects.toThrow(text('decoder'));
    await expect(vae.encode(xs)).rejects.toThrow(text('encoder'));
    await expect(vae.anomalyScore(xs)).rejects.toThrow(text('encoder'));
  });

  it('is a label for a model that takes none', async () => {
    const vae = await loadTiny();
    expect(vae.labels).toBeUndefined();
    expect(await vae.takesLabels('decoder')).toBe(false);
    for (const asked of [
      vae.decode([0, 0], { label: 1 }),
      vae.sample(1, { label: 1 }),
      vae.traverse([0, 0], { dimension: 0, label: 1 }),
      vae.encode(new Float32Array(6), { label: 'cat' }),
      vae.interpolate([0, 0], [1, 1], { fromLabel: 0 }),
    ]) {
      await expect(asked).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringMatching(/^\w+ (label|fromLabel): tiny takes no labels; leave it out\.$/),
      });
    }
  });

  it('are vectors that the graph does not take', async () => {
    await expect((await load()).decode(zs, { label: [[1]] })).rejects.toThrow(
      "a label of 1 numbers per item came for input 'label', expected the number of a class.",
    );
    const vae = await load({ decoder: conditionalDecoder({ takes: 'int64 [N, 3]' }) });
    await expect(vae.decode(zs, { label: [[1, 0]] })).rejects.toThrow('expected 3 whole numbers.');
    await expect(vae.decode(zs, { label: [[0.5, 0.5, 0]] })).rejects.toThrow('expected 3 whole numbers.');
  });

  it('are tiles, which have no labels', async () => {
    const decoder = onnxModel({
      inputs: [
        { name: 'z', shape: ['N', 1, 4, 4] },
        { name: 'y', shape: ['N'], type: 7 },
      ],
      outputs: [{ name: 'x', shape: ['N', 1, 4, 4] }],
      constants: [{ name: 'pixel', shape: [4], data: BigInt64Array.of(-1n, 1n, 1n, 1n) }],
      nodes: [
        { op: 'Cast', inputs: ['y'], outputs: ['float'], integers: { to: 1 } },
        { op: 'Reshape', inputs: ['float', 'pixel'], outputs: ['grey'] },
        { op: 'Add', inputs: ['z', 'grey'], outputs: ['x'] },
      ],
    });
    const options = { labels: { classes: 3 }, layout: 'nchw', device: 'cpu', worker: false } as const;
    await using vae = await VAE.load({ decoder }, options);
    const z = { data: new Float32Array(32), shape: [2, 1, 4, 4] };
    const { data } = await vae.decode(z, { label: [1, 2] });
    expect([...data]).toEqual([...new Array(16).fill(1), ...new Array(16).fill(2)]);
    await expect(vae.decode(z, { label: 1, tile: { size: 2 } })).rejects.toMatchObject({
      code: 'unsupported',
      message: 'model: the decoder takes labels, which tiles have none of; leave tile out.',
    });
  });

  it('are classes that a manifest does not list', async () => {
    const takes = 'float32 [N, 3]' as const;
    const vae = await load({ decoder: conditionalDecoder({ takes }), labels: { conditional: true } });
    await expect(vae.decode(zs, { label: 1 })).rejects.toThrow(
      'decode label: what classes pets has is not known, so 1 is none of them; pass its condition as numbers',
    );
    expect(await vae.decode(zs, { label: [[0, 1, 0]] })).toEqual(decoded(zs, () => 1));
  });

  it('is a graph other than the manifest says', async () => {
    const wrong = { code: 'bad-model' };
    const without = await load({ decoder: decoderModel() });
    await expect(without.prepare()).rejects.toMatchObject(wrong);
    const other = await load({ decoder: conditionalDecoder({ label: 'y' }) });
    await expect(other.decode(zs, { label: 0 })).rejects.toMatchObject({
      ...wrong,
      message: expect.stringContaining("the graph also wants an input 'y'."),
    });
    const more = await load({
      decoder: conditionalDecoder({ takes: 'float32 [N, 3]' }),
      labels: { classes: ['a', 'b'], conditional: true },
    });
    await expect(more.prepare()).rejects.toMatchObject({
      ...wrong,
      message: expect.stringContaining("input 'label' takes 3 numbers per item, but there are 2 classes."),
    });
    const silent = await load({ labels: { classes, conditional: false } });
    await expect(silent.decode(zs)).rejects.toThrow("the graph also wants an input 'label'.");
  });
});
