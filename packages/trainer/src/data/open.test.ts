import { describe, expect, it } from 'vitest';
import { sources } from './index.js';
import { openDataset } from './open.js';

const known = Object.keys(sources).join(', ');

describe('openDataset', () => {
  it('opens by name, with or without an argument', async () => {
    expect((await openDataset('digits', { seed: 0 })).shape).toEqual([1, 28, 28]);
    expect((await openDataset('digits:32x16x3', { seed: 0 })).shape).toEqual([3, 32, 16]);
  });

  it('takes the seed 0 where none is given, as recipes do', async () => {
    const first = async (options?: Parameters<typeof openDataset>[1]) => {
      const { train } = await openDataset('digits', options);
      const out = new Float32Array(28 * 28);
      await train.read([0], out);
      return out;
    };
    const expected = await first({ seed: 0 });
    expect(await first()).toEqual(expected);
    expect(await first({ seed: undefined })).toEqual(expected);
    expect(await first({ seed: 1 })).not.toEqual(expected);
  });

  it('takes everything after the first colon as the argument', async () => {
    await expect(openDataset('mnist:C:\\no:where', { seed: 0 })).rejects.toThrow(
      'the folder C:\\no:where lacks',
    );
  });

  it.each(['imagenet', 'toString', '__proto__', ''])(
    'refuses the name "%s" and lists those it knows',
    async (name) => {
      await expect(openDataset(name, { seed: 0 })).rejects.toThrow(
        `There is no data set "${name}". Known: ${known}.`,
      );
    },
  );

  it('suggests the nearest name', async () => {
    await expect(openDataset('minst:x', { seed: 0 })).rejects.toThrow(
      `There is no data set "minst". Did you mean "mnist"? Known: ${known}.`,
    );
    await expect(openDataset('Digit', { seed: 0 })).rejects.toThrow('Did you mean "digits"?');
  });

  it('refuses a colon with nothing behind it', async () => {
    await expect(openDataset('mnist:', { seed: 0 })).rejects.toThrow(
      '"mnist:": nothing follows the colon. Usage: mnist[:DIR]',
    );
  });

  it('opens nothing once the signal is aborted', async () => {
    const signal = AbortSignal.abort(new Error('stopped by the user'));
    await expect(openDataset('digits', { seed: 0, signal })).rejects.toThrow('stopped by the user');
  });

  it('has a summary and a usage that begins with the name for every entry', () => {
    for (const [name, source] of Object.entries(sources)) {
      expect(source.summary).not.toBe('');
      expect(source.usage).toMatch(new RegExp(`^${name}(\\[|:[A-Z]+)`));
    }
  });
});
