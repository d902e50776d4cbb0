import { describe, expect, it } from 'vitest';
import { encodeGif, type Picture } from './index.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('GIF', () => {
  it('keeps grey values exactly', () => {
    const frames = [0, 1].map((n): Picture => {
      const data = Uint8Array.from({ length: 256 }, (_, i) => (i * 7 + n * 31) % 256);
      return { width: 16, height: 16, channels: 1, data };
    });
    const { width, height, images, delays } = readGif(encodeGif(frames, { delayMs: 250 }));
    expect([width, height, delays]).toEqual([16, 16, [25, 25]]);
    for (const [i, frame] of frames.entries()) {
      expect(images[i]).toEqual([...frame.data].map((value) => [value, value, value]));
    }
  });

  it('keeps up to 256 colours exactly', () => {
    const data = Uint8Array.from({ length: 3 * 200 }, (_, i) => (i * 11) % 256);
    const frame: Picture = { width: 20, height: 10, channels: 3, data };
    const { images } = readGif(encodeGif([frame, frame]));
    expect(images[1]!.flat()).toEqual([...data]);
  });

  it('takes more colours approximately', () => {
    const data = Uint8Array.from({ length: 3 * 4096 }, (_, i) => [i % 256, (i >> 4) % 256, 128][i % 3]!);
    const { images } = readGif(encodeGif([{ width: 64, height: 64, channels: 3, data }]));
    const error =
      images[0]!.flat().reduce((sum, value, i) => sum + Math.abs(value - data[i]!), 0) / data.length;
    expect(error).toBeLessThan(16);
  });

  it('refuses frames that differ, none at all and delays that viewers ignore', () => {
    const frame: Picture = { width: 1, height: 1, channels: 1, data: bytes(0) };
    const wide: Picture = { width: 2, height: 1, channels: 1, data: bytes(0, 0) };
    expect(() => encodeGif([])).toThrow('no frames');
    expect(() => encodeGif([frame, wide])).toThrow('frame 1 is 2 x 1, the first is 1 x 1');
    expect(() => encodeGif([frame], { delayMs: 10 })).toThrow('delayMs is 10, expected 20 to 655350');
  });
});

/** A small GIF reader after the GIF89a specification: the frames' colours and delays (hundredths of a second). */
function readGif(file: Uint8Array) {
  let at = 0;
  const byte = () => file[at++]!;
  const short = () => byte() | (byte() << 8);
  const table = (flags: number) => Array.from({ length: 2 << (flags & 7) }, () => [byte(), byte(), byte()]);
  const blocks = () => {
    const data: number[] = [];
    for (let length = byte(); length > 0; length = byte()) for (let i = 0; i < length; i++) data.push(byte());
    return data;
  };
  at = 6;
  const [width, height, flags] = [short(), short(), byte()];
  at += 2;
  const global = flags & 128 ? table(flags) : [];
  const images: number[][][] = [];
  const delays: number[] = [];
  for (let kind = byte(); kind !== 0x3b; kind = byte()) {
    if (kind === 0x21) {
      const label = byte();
      const data = blocks();
      if (label === 0xf9) delays.push(data[1]! | (data[2]! << 8));
    } else {
      at += 8;
      const local = byte();
      const palette = local & 128 ? table(local) : global;
      const codeSize = byte();
      images.push(unpackLzw(blocks(), codeSize).map((index) => palette[index]!));
    }
  }
  return { width, height, images, delays };
}

function unpackLzw(data: readonly number[], codeSize: number): number[] {
  const clear = 1 << codeSize;
  const out: number[] = [];
  let bit = 0;
  let words: number[][] = [];
  let previous: number[] | undefined;
  const reset = () => {
    words = Array.from({ length: clear + 2 }, (_, i) => [i]);
    previous = undefined;
  };
  reset();
  for (;;) {
    const size = Math.min(12, 32 - Math.clz32(Math.max(words.length - (previous ? 0 : 1), clear + 1)));
    let code = 0;
    for (let i = 0; i < size; i++, bit++) code |= ((data[bit >> 3]! >> (bit & 7)) & 1) << i;
    if (code === clear) {
      reset();
    } else if (code === clear + 1) {
      return out;
    } else {
      const word: number[] = words[code] ?? [...previous!, previous![0]!];
      if (previous && words.length < 4096) words.push([...previous, word[0]!]);
      out.push(...word);
      previous = word;
    }
  }
}
