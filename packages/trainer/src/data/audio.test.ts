import { symlink } from 'node:fs/promises';
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

  it('passes over hidden folders and takes each folder once, and says so', async () => {
    for (const name of ['a/1.wav', 'b/2.wav', '.Trash/3.wav', 'a/.old/4.wav']) await put(name, wav(ramp(16)));
    await symlink(path('.'), path('b/up'));
    const notes: string[] = [];
    const data = await open(`${path('.')}?window=16`, notes);
    expect([data.classes, data.train.size]).toEqual([['a', 'b'], 2]);
    expect(notes[0]).toBe('DIR: passed over: 2 hidden folders, 1 folder seen before under another name.');
  });

  it('has no classes where a file lies beside the folders, and says so', async () => {
    for (const name of ['a/x/1.wav', 'b/2.wav', '3.wav']) await put(name, wav(ramp(16)));
    const notes: string[] = [];
    const data = await open(`${path('.')}?window=16`, notes);
    expect([data.classes, data.train.size]).toEqual([undefined, 3]);
    expect(notes[0]).toMatch(/: 1 file lies outside the 2 folders \(3\.wav\), so there are no classes\.$/);
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
    expect(notes[0]).toMatch(/1 of 5 files is shorter than a window of 16 samples\.$/);
  });

  it('tells of what is cut off at full scale', async () => {
    const notes: string[] = [];
    const extremes = {
      '8': [0, 255],
      '16': [-(2 ** 15), 2 ** 15 - 1],
      '24': [-(2 ** 23), 2 ** 23 - 1],
      '32f': [-1, 1],
    };
    for (const [depth, [low, high]] of Object.entries(extremes))
      await put(`${depth}.wav`, wav([...Array(16).fill(low), ...Array(16).fill(high)], depth));
    await open(`${path('.')}?window=16`, notes);
    expect(notes).toEqual([]);
    await put('loud.wav', wav([...Array(15).fill(0.5), -32768], '32f'));
    const data = await open(`${path('.')}?window=16`, notes);
    expect((await itemsOf(data, data.train, [8]))[0]).toEqual([...Array(15).fill(0.5), -1]);
    expect(notes).toEqual([
      'DIR: 1 of 5 files goes beyond full scale, up to 32800; what is beyond is cut off at −1 and 1.',
    ]);
  });

  it('tells of files that end too early, and takes the length of a stream from the file', async () => {
    const notes: string[] = [];
    const whole = wav(ramp(40));
    await put('a.wav', whole.subarray(0, -20));
    expect((await open(`${path('.')}?window=16`, notes)).train.size).toBe(1);
    expect(notes[0]).toBe(
      'DIR: 1 of 1 files ends before all that its header tells of (a.wav); what is there is used.',
    );
    notes.splice(0);
    // The size of the data stands behind 44 bytes of heads, of which it is the last four.
    for (const claim of [0x7fff_ffff, 0xffff_ffff]) {
      const stream = Uint8Array.from(whole);
      new DataView(stream.buffer).setUint32(40, claim, true);
      await put('a.wav', stream);
      expect((await open(`${path('.')}?window=16`, notes)).train.size).toBe(2);
    }
    expect(notes).toEqual([]);
  });

  it('does not take the byte that fills up an odd number of them for a sample', async () => {
    const bytes = wav([...Array(31).fill(128), 0], '8');
    // The size of the data, the last four of 44 bytes of heads.
    new DataView(bytes.buffer).setUint32(40, 31, true);
    await put('a.wav', bytes);
    expect((await open(`${path('.')}?window=31`)).train.size).toBe(1);
    expect(await refusal(`${path('.')}?window=32`)).toContain('the longest has 31.');
  });

  it.each([
    // Values, and their shares of 2^(bits − 1), as libsndfile's files in floating point have them
    ['8', [0, 255, 129, 128], [-1, 127 / 128, 1 / 128, 0]],
    ['16', [-32768, 32767, 1, 0], [-1, 32767 / 32768, 1 / 32768, 0]],
    ['24', [-8388608, 8388607, 1, 0], [-1, 8388607 / 8388608, 2 ** -23, 0]],
    ['32', [-2147483648, 2147483647, 256, 0], [-1, 1, 2 ** -23, 0]],
  ])('takes the lowest number of %s bits for −1', async (depth, values, expected) => {
    await put('a.wav', wav([...values, ...values, ...values, ...values], depth));
    const data = await open(`${path('.')}?window=16`);
    const [found] = await itemsOf(data, data.train);
    expect([...found!.slice(0, 4)]).toEqual(expected);
  });

  it('unpacks A-law and µ-law', async () => {
    // Codes and their values in 16 bits, by alaw2lin and ulaw2lin of Python 3.12's audioop.
    const codes = [0, 3, 42, 85, 127, 128, 200, 255];
    const values = {
      '8a': [-5504, -5760, -32256, -8, -848, 5504, 472, 848],
      '8m': [-32124, -29052, -5372, -716, 0, 32124, 1372, 0],
    };
    for (const [depth, expected] of Object.entries(values)) {
      await put('a.wav', wav([...codes, ...codes], depth));
      const data = await open(`${path('.')}?window=16`);
      const [found] = await itemsOf(data, data.train);
      for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value / 32768, 4);
    }
  });

  it('reads an extensible format by its sub-format', async () => {
    const values = Array.from({ length: 16 }, (_, i) => i / 32);
    const file = new wavefile.WaveFile(wav(values, '32f'));
    Object.assign(file.fmt, { audioFormat: 0xfffe, chunkSize: 40, cbSize: 22, validBitsPerSample: 32 });
    const withSubFormat = (tag: number) => {
      Object.assign(file.fmt, { subformat: [tag, 0x00100000, 0xaa000080, 0x719b3800] });
      return put('a.wav', file.toBuffer());
    };
    await withSubFormat(3);
    const data = await open(`${path('.')}?window=16`);
    expect(await itemsOf(data, data.train)).toEqual([values]);
    await withSubFormat(0x55);
    expect(await refusal(path('.'))).toContain('its samples are MP3 (format tag 0x55, 32 bits)');
  });

  it.each([
    [0x55, '16', 'MP3 (format tag 0x55, 16 bits)'],
    [0x11, '16', 'IMA ADPCM (format tag 0x11, 16 bits)'],
    [0x1234, '16', 'of another kind (format tag 0x1234, 16 bits)'],
    [3, '16', 'floats (format tag 0x3, 16 bits)'],
    [1, '64', 'PCM (format tag 0x1, 64 bits)'],
  ])('refuses samples with the tag %i in %s bits', async (tag, depth, what) => {
    const bytes = wav(
      ramp(32).map((x) => x / 4000),
      depth,
    );
    new DataView(bytes.buffer, bytes.byteOffset).setUint16(20, tag, true);
    await put('a.wav', bytes);
    expect(await refusal(`${path('.')}?window=16`)).toBe(
      `a.wav: not a readable WAV file (its samples are ${what}; expected PCM of 8 to 32 bits, floats, A-law or µ-law. Convert it to PCM).`,
    );
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
    expect(await refusal(`${path('.')}?window=64`)).toBe(
      'DIR: no file is as long as a window of 64 samples; the longest has 32. Choose a shorter one, such as window=32.',
    );
    expect(await refusal(path('none'))).toBe('audio: Cannot read "none": there is no such file or folder.');
    expect(await refusal(path('a.wav'))).toBe(
      'audio: a.wav is not a folder; name the one that holds the audio.',
    );
  });
});
