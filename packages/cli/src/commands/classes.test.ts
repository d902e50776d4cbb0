import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { conditionalDecoder, decodeByHand, oneHot } from '../../../sdk/src/testing/conditional.js';
import { modelFolder } from '../../../sdk/src/testing/models.js';
import { at, folder, readNpy } from '../testing/five-images.js';
import { done, runVae } from '../testing/run-vae.js';

describe('--classes', async () => {
  // Its graph takes the number of a class, and does not say how many there are.
  const theirs = join(folder, 'theirs');
  await mkdir(theirs);
  await writeFile(join(theirs, 'decoder.onnx'), conditionalDecoder({ label: 'y' }));
  await writeFile(at('z.npy'), encodeNpy({ data: Float32Array.of(1, 2), shape: [1, 2] }));
  const decode = (...more: string[]) => runVae('decode', theirs, at('z.npy'), '-o', at('x.npy'), ...more);

  it('says how many classes a model of others has, or what they are called', async () => {
    await done('decode', theirs, at('z.npy'), '--classes', '3', '--label', '2', '-o', at('x.npy'));
    expect([...readNpy('x.npy').data]).toEqual(decodeByHand([1, 2], oneHot(2)));
    const names = ['--classes', 'cat, dog,owl', '--label', 'dog'];
    await done('decode', theirs, at('z.npy'), ...names, '-o', at('x.npy'));
    expect([...readNpy('x.npy').data]).toEqual(decodeByHand([1, 2], oneHot(1)));
  });

  it('is shown by info', async () => {
    expect(await done('info', theirs, '--classes', '3')).toMatch(/^classes {5}3, conditional$/m);
    const { labels } = JSON.parse(await done('info', theirs, '--classes', 'a,b', '--json'));
    expect(labels).toEqual({ count: 2, classes: ['a', 'b'], conditional: true });
  });

  it('is asked for where the files do not say it', async () => {
    const { code, stderr } = await decode('--label', '2');
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/how many classes 'y' has cannot be told.*--classes 10/),
    ]);
  });

  it.each([
    ['0', '--classes 0 is out of range'],
    ['ten', '--classes "ten"'],
    ['cat,,owl', '--classes "cat,,owl": a name is empty.'],
    ['cat,cat', '--classes "cat,cat": "cat" is there twice.'],
  ])('is not %s', async (classes, text) => {
    const { code, stderr } = await decode('--classes', classes, '--label', '0');
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  });

  it('is not for a model that says it itself', async () => {
    const tiny = await modelFolder();
    const { code, stderr } = await runVae('sample', tiny, '--classes', '3', '-o', at('x.npy'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('labels')]);
  });
});
