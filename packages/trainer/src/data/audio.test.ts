import { describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { audio } from './audio.js';
import { dataFolder, itemsOf } from './testing/data-folder.js';

const { put, path, open, refusal } = dataFolder(audio);

function wav(samples: number[] | number[][], depth = '16', rate = 8000): Uint8Array {
  const file = new wavefile.WaveFile();
  const channels = Array.isArray(samples[0]) ? samples.length : 1;
  file.fromScratch(channels, rate, depth, samples as number[]);
  return file.toBuffer();
}
const ramp = (length: number) => Array.from({ length }, (_, i) => i * 100);

describe('audio', () => {
  it('cuts files into windows; folders are the classes', async () => {
    await put('data/b/x.wav', wav(ramp(50)));
    await put('data/a/y.WAV', wav(ramp(31)));
    await put('data/a/.hidden.wav', 'x');
    const data = await open(`${path('data')}?window=16&hop=10`);
    expect([data.kind, data.shape, data.range, data.classes]).toEqual(['audio', [16], [-1, 1], ['a', 'b']]);
    // Windows begin at 0 and 10 of 31 samples, and at 0, 10, 20 and 30 of 50.
    expect([0, 1, 2, 3, 4, 5].map((i) => data.train.label!(i))).toEqual([0, 0, 1, 1, 1, 1]);
    expect(data.train.size).toBe(6);
    const [last] = await itemsOf(data, data.train, [5]);
    for (const [i, value] of last!.entries()) expect(value).toBeCloseTo((3000 + 100 * i) / 32768, 4);
  });

  it('reads other depths, and mixes channels', async () => {
    const half = Array.from({ length: 16 }, () => 0.5);
    const notes: string[] = [];
    await put('1.wav', wav(half, '32f'));
    await put('2.wav', wav([half, half.map((x) => -x / 2)], '32f'));
    await put(
      '3.wav',
      wav(
        half.map(() => 2 ** 22),
        '24',
      ),
    );
    await put(
      '4.wav',
      wav(
        half.map(() => 192),
        '8',
      ),
    );
    await put('5.wav', wav([1], '16'));
    const data = await open(`${path('.')}?window=16`, notes);
    const means = (await itemsOf(data, data.train)).map((x) => x.reduce((a, b) => a + b, 0) / 16);
    for (const [i, expected] of [0.5, 0.125, 0.5, 0.5].entries()) expect(means[i]).toBeCloseTo(expected, 2);
    expect(notes[0]).toMatch(/1 of 5 files are shorter than a window of 16 samples\.$/);
  });

  it('refuses or leaves out windows with numbers that are not finite', async () => {
    const samples = Array.from({ length: 48 }, (_, i) => (i === 20 ? Number.NaN : 0.25));
    const file = wav(samples, '32f');
    await put('a.wav', file);
    expect(await refusal(`${path('.')}?window=16`)).toBe(
      'DIR: value 4 of window 2 is NaN, expected a finite number (1 such item). Leave such items out with bad=skip.',
    );
    const data = await open(`${path('.')}?window=16&bad=skip`);
    expect(data.train.size).toBe(2);
  });

  it('refuses other files and other rates', async () => {
    expect(await refusal(path('.'))).toBe('audio: there is no file ending in .wav in DIR.');
    await put('a.wav', wav(ramp(32)));
    await put('b.wav', wav(ramp(32), '16', 44_100));
    expect(await refusal(`${path('.')}?window=16`)).toBe(
      'b.wav: 44100 samples per second, the files before have 8000. Convert them to one rate.',
    );
    await put('b.wav', 'RIFF');
    expect(await refusal(`${path('.')}?window=16`)).toMatch(/^b\.wav: not a readable WAV file \(.+\)\.$/);
    await put('b.wav', wav(ramp(8)));
    expect(await refusal(`${path('.')}?window=64`)).toBe('DIR: there are no items in it.');
    expect(await refusal(path('none'))).toBe('Cannot read "none": there is no such file or folder.');
  });
});
