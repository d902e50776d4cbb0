import { writeFile } from 'node:fs/promises';
import { encodeNpy } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import {
  conditionalDecoder,
  conditionalEncoder,
  conditionalFields,
  decodeByHand,
  encodeByHand,
  oneHot,
} from '../../../sdk/src/testing/conditional.js';
import { modelFolder } from '../../../sdk/src/testing/models.js';
import { at, model, readNpy } from '../testing/five-images.js';
import { done, runVae } from '../testing/run-vae.js';

describe('--label', async () => {
  const pets = await modelFolder({
    encoder: conditionalEncoder(),
    decoder: conditionalDecoder(),
    fields: conditionalFields,
  });
  const rows = [
    [0, 1, 0.5, 0.25],
    [1, 1, 0, 2],
  ];
  const means = (label: number) => rows.map((row) => encodeByHand(row, oneHot(label)).slice(0, 2));
  const decoded = (z: readonly (readonly number[])[], label: number) =>
    z.flatMap((latent) => decodeByHand(latent, oneHot(label)));
  const write = async (name: string, items: readonly (readonly number[])[]) => {
    const data = Float32Array.from(items.flat());
    await writeFile(at(name), encodeNpy({ data, shape: [items.length, items[0].length] }));
    return at(name);
  };

  it('is the class of all items, by name or number', async () => {
    const [x, z] = [await write('pets.npy', rows), await write('pets-z.npy', [[1, 2]])];
    await done('encode', pets, x, '--label', 'owl', '-o', at('labels.npy'));
    expect([...readNpy('labels.npy').data]).toEqual(means(2).flat());
    await done('decode', pets, z, '--label', '1', '-o', at('labels.npy'));
    expect([...readNpy('labels.npy').data]).toEqual(decoded([[1, 2]], 1));
    await done('reconstruct', pets, x, '--label', 'cat', '-o', at('labels.npy'));
    expect([...readNpy('labels.npy').data]).toEqual(decoded(means(0), 0));
    await done(
      'interpolate',
      pets,
      `${x}#0`,
      `${x}#1`,
      '--steps',
      '2',
      '--label',
      'dog',
      '-o',
      at('labels.npy'),
    );
    expect([...readNpy('labels.npy').data]).toEqual(decoded(means(1), 1));
    await done(
      'traverse',
      pets,
      `${x}#0`,
      '--label',
      '2',
      '--dimensions',
      '0',
      '--steps',
      '3',
      '--range',
      '1',
      '-o',
      at('labels.npy'),
    );
    const [[, second]] = means(2);
    const moved = [-1, 0, 1].map((step) => [step, second]);
    expect([...readNpy('labels.npy').data]).toEqual(decoded(moved, 2));
    await done('manifold', pets, '-n', '1', '--label', '1', '-o', at('labels.npy'));
    expect([...readNpy('labels.npy').data]).toEqual(decoded([[0, 0]], 1));
    await done(
      'sample',
      pets,
      '-n',
      '2',
      '--seed',
      '1',
      '--temperature',
      '0',
      '--label',
      'cat',
      '-o',
      at('labels.npy'),
    );
    const middle = [0, 0];
    expect([...readNpy('labels.npy').data]).toEqual(decoded([middle, middle], 0));
  });

  it('is asked for, and has to be one of the classes', async () => {
    const sample = (...more: string[]) =>
      runVae('sample', pets, '--seed', '1', '-o', at('labels.npy'), ...more);
    const missing = await sample();
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'got none. Say with --label which class is to be decoded; it has the classes cat, dog, owl.',
      ),
    });
    const unknown = await sample('--label', 'dgo');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean 'dog'?") });
    const none = await runVae('sample', model, '--label', '1', '-o', at('labels.npy'));
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('tiny takes no labels') });
  });

  it('is a name and not a place where classes are called by numbers', async () => {
    const numbered = await modelFolder({
      encoder: conditionalEncoder(),
      decoder: conditionalDecoder(),
      fields: { ...conditionalFields, labels: { classes: ['1', '2', '10'], conditional: true } },
    });
    const z = await write('numbered-z.npy', [[1, 2]]);
    await done('decode', numbered, z, '--label', '2', '-o', at('labels.npy'));
    expect([...readNpy('labels.npy').data]).toEqual(decoded([[1, 2]], 1));
    const place = await runVae('decode', numbered, z, '--label', '02', '-o', at('labels.npy'));
    expect(place).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^--label 02 is no class of \S+, which has the classes 1, 2, 10\. Its classes are called by numbers: give one as/,
      ),
    });
  });
});
