import { zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.js';
import { decodePng } from './index.js';

// Adam7 as the standard draws it (PNG, third edition, 8.1): the pass of each pixel of a block of 8 x 8.
const passes = [
  '16462646',
  '77777777',
  '56565656',
  '77777777',
  '36463646',
  '77777777',
  '56565656',
  '77777777',
];

interface Sample {
  readonly width: number;
  readonly height: number;
  readonly depth: 1 | 2 | 4;
  readonly at: (x: number, y: number) => number;
}

/** The lines of each pass as IDAT holds them; `filterOf` gives the filter of the nth line. */
function interlaced({ width, height, depth, at }: Sample, filterOf: (line: number) => number): Uint8Array {
  const out: number[] = [];
  let count = 0;
  for (const pass of '1234567') {
    let above: number[] = [];
    for (let y = 0; y < height; y++) {
      let bits = '';
      for (let x = 0; x < width; x++) {
        if (passes[y % 8]![x % 8] === pass) bits += at(x, y).toString(2).padStart(depth, '0');
      }
      const line = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
      if (line.length === 0) continue;
      const filter = filterOf(count++);
      out.push(filter, ...line.map((byte, i) => (byte - guess(filter, line, above, i)) & 255));
      above = line;
    }
  }
  return Uint8Array.from(out);
}

/** What a filter takes off a byte (PNG, third edition, 9.2). */
function guess(filter: number, line: readonly number[], above: readonly number[], i: number): number {
  const [a, b, c] = [line[i - 1] ?? 0, above[i] ?? 0, above[i - 1] ?? 0];
  const p = a + b - c;
  const nearest = [a, b, c].reduce((best, byte) => (Math.abs(p - byte) < Math.abs(p - best) ? byte : best));
  return [0, a, b, Math.floor((a + b) / 2), nearest][filter]!;
}

function chunk(type: string, data: ArrayLike<number>): number[] {
  const body = Uint8Array.from([...Buffer.from(type, 'latin1'), ...Array.from(data)]);
  const word = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
  return [...word(data.length), ...body, ...word(crc32(body))];
}

function file({ width, height, depth }: Sample, lines: Uint8Array, colours?: readonly number[]): Uint8Array {
  const header = [0, 0, 0, width, 0, 0, 0, height, depth, colours ? 3 : 0, 0, 0, 1];
  return Uint8Array.of(
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', header),
    ...(colours ? chunk('PLTE', colours) : []),
    ...chunk('IDAT', zlibSync(lines)),
    ...chunk('IEND', []),
  );
}

const pixels = ({ width, height, at }: Sample) =>
  Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width)));

const sample = (width: number, height: number, depth: 1 | 2 | 4): Sample => {
  const at = (x: number, y: number) => (x * x * 7 + x * y * 3 + y * 5 + (x >> 1)) % 2 ** depth;
  return { width, height, depth, at };
};

const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 17];
const small = sizes.flatMap((width) => sizes.map((height) => [width, height] as const));

describe.each([1, 2, 4] as const)('interlaced samples of %i bits', (depth) => {
  it.each([0, 1, 2, 3, 4])('are at their places, with filter %i', (filter) => {
    for (const [width, height] of small) {
      const picture = sample(width, height, depth);
      const { data, ...size } = decodePng(
        file(
          picture,
          interlaced(picture, () => filter),
        ),
      );
      expect(size).toEqual({ width, height, channels: 1 });
      expect([...data]).toEqual(pixels(picture).map((value) => (value * 255) / (2 ** depth - 1)));
    }
  });

  it('take their colours from the palette', () => {
    const picture = sample(13, 11, depth);
    const colours = Array.from({ length: 3 * 2 ** depth }, (_, i) => (i * 37) % 256);
    const { data, channels } = decodePng(
      file(
        picture,
        interlaced(picture, (line) => line % 5),
        colours,
      ),
    );
    expect(channels).toBe(3);
    expect([...data]).toEqual(pixels(picture).flatMap((value) => colours.slice(3 * value, 3 * value + 3)));
  });
});

it('leaves a Buffer as it was', () => {
  const picture = sample(13, 11, 2);
  const bytes = Buffer.from(
    file(
      picture,
      interlaced(picture, () => 4),
    ),
  );
  const first = decodePng(bytes);
  expect([first.width, first.height]).toEqual([13, 11]);
  expect(decodePng(bytes)).toEqual(first);
});

it('refuses damaged ones', () => {
  const picture = sample(13, 11, 2);
  const lines = interlaced(picture, () => 0);
  const refused = (bytes: Uint8Array, why: string) =>
    expect(() => decodePng(bytes, 'a.png')).toThrow(`a.png: damaged PNG file: ${why}`);
  refused(file(picture, lines.subarray(0, -1)), 'its pixels end too early');
  refused(
    file(
      picture,
      interlaced(picture, () => 0).map((byte, i) => (i === 0 ? 9 : byte)),
    ),
    'filter 9',
  );
  refused(file(picture, new Uint8Array(10_000)), 'its pixels unpack to more than the 174 bytes of its size');
  const whole = file(picture, lines);
  const changed = whole.with(whole.length - 20, whole.at(-20)! ^ 1);
  refused(changed, 'chunk IDAT has another checksum than it states');
});
