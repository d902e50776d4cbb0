import { encode as encodeAnyPng } from 'fast-png';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import {
  decodeNpy,
  decodeNpz,
  decodePng,
  encodeGif,
  encodeNpy,
  encodeNpz,
  encodePng,
  grid,
  type Picture,
  pngSize,
  stack,
  toPicture,
  toTensor,
} from './index.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

/** A chunk of a PNG file: length, type, data and checksum. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  let crc = -1;
  for (const byte of out.subarray(4, 8 + data.length)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  out.writeInt32BE(~crc, 8 + data.length);
  return out;
}

describe('toPicture and toTensor', () => {
  it('keep every byte', () => {
    const data = Uint8Array.from({ length: 256 }, (_, i) => i);
    const picture: Picture = { width: 256, height: 1, channels: 1, data };
    const tensor = toTensor(picture);
    expect(tensor.shape).toEqual([1, 1, 256]);
    expect(tensor.data).toEqual(Float32Array.from(data, (byte) => byte / 255));
    expect(toPicture(tensor)).toEqual(picture);
  });

  it('clamp and never stretch or wrap', () => {
    const image = { data: Float32Array.of(-0.5, 0.2, 0.4, 1.7), shape: [1, 2, 2] };
    expect(toPicture(image)).toEqual({ width: 2, height: 2, channels: 1, data: bytes(0, 51, 102, 255) });
  });

  it('turn planes into interleaved colours and back', () => {
    const image = { data: Float32Array.of(0, 1, 0.2, 0.4, 0.6, 0.8), shape: [3, 1, 2] };
    const picture = toPicture(image);
    expect(picture.data).toEqual(bytes(0, 51, 153, 255, 102, 204));
    expect(toTensor(picture)).toEqual(image);
  });

  it('convert between grey and colour', () => {
    const grey: Picture = { width: 2, height: 1, channels: 1, data: bytes(10, 200) };
    const repeated = toTensor(grey, 3);
    expect(repeated.shape).toEqual([3, 1, 2]);
    expect(toTensor(toPicture(repeated), 1)).toEqual(toTensor(grey));
    const red: Picture = { width: 1, height: 1, channels: 3, data: bytes(255, 0, 0) };
    expect(toTensor(red, 1).data[0]).toBeCloseTo(0.299, 7);
  });

  it('refuse what is no image', () => {
    expect(() => toPicture({ data: new Float32Array(4), shape: [2, 2] })).toThrow(
      'expected shape [1 or 3, H, W], got [2, 2]',
    );
    expect(() => toPicture({ data: Float32Array.of(Number.NaN), shape: [1, 1, 1] })).toThrow(
      'element 0 is NaN',
    );
    expect(() => toTensor({ width: 2, height: 2, channels: 1, data: bytes(1) })).toThrow(
      '2 x 2 pixels with 1 channels',
    );
  });
});

describe('PNG', () => {
  it('keeps pictures', () => {
    for (const channels of [1, 3] as const) {
      const data = Uint8Array.from({ length: 15 * channels }, (_, i) => (i * 37) % 256);
      const picture: Picture = { width: 5, height: 3, channels, data };
      expect(decodePng(encodePng(picture))).toEqual(picture);
      expect(encodePng(picture)).toEqual(encodePng(picture));
    }
  });

  it('rounds 16 bits to 8', () => {
    const png = encodeAnyPng({
      width: 3,
      height: 1,
      channels: 1,
      depth: 16,
      data: Uint16Array.of(0, 32768, 65535),
    });
    expect(decodePng(png).data).toEqual(bytes(0, 128, 255));
  });

  it('reads palettes and packed bits', () => {
    const palette = [
      [0, 0, 0],
      [255, 10, 20],
      [1, 2, 3],
    ];
    const indexed = encodeAnyPng({
      width: 3,
      height: 1,
      channels: 1,
      depth: 8,
      palette,
      data: bytes(2, 1, 0),
    });
    expect(decodePng(indexed)).toEqual({
      width: 3,
      height: 1,
      channels: 3,
      data: bytes(1, 2, 3, 255, 10, 20, 0, 0, 0),
    });
    // Ten pixels of one bit a line: a line takes two bytes, the last six bits unused.
    const bits = encodeAnyPng({
      width: 10,
      height: 2,
      channels: 1,
      depth: 1,
      data: bytes(0b10100000, 0b01000000, 0, 0b10000000),
    });
    expect([...decodePng(bits).data].map((byte) => byte / 255).join('')).toBe('10100000010000000010');
  });

  it('composites transparency on black', () => {
    const grey = encodeAnyPng({ width: 2, height: 1, channels: 2, data: bytes(200, 128, 255, 0) });
    expect(decodePng(grey)).toEqual({ width: 2, height: 1, channels: 1, data: bytes(100, 0) });
    const colour = encodeAnyPng({ width: 1, height: 1, channels: 4, data: bytes(255, 100, 0, 51) });
    expect(decodePng(colour)).toEqual({ width: 1, height: 1, channels: 3, data: bytes(51, 20, 0) });
  });

  it('composites transparency on another background', () => {
    // 200 · 128 / 255 + 255 · 127 / 255 = 227.4; 51 / 255 is one fifth: 255, 0.2 · 100 + 0.8 · 255 = 224, 204
    const grey = encodeAnyPng({ width: 2, height: 1, channels: 2, data: bytes(200, 128, 255, 0) });
    expect(decodePng(grey, 'a', { background: 255 }).data).toEqual(bytes(227, 255));
    const colour = encodeAnyPng({ width: 1, height: 1, channels: 4, data: bytes(255, 100, 0, 51) });
    expect(decodePng(colour, 'a', { background: 255 }).data).toEqual(bytes(255, 224, 204));
    expect(() => decodePng(grey, 'a', { background: 256 })).toThrow(
      'background is 256, expected a grey level',
    );
  });

  it('refuses other files and damaged ones', () => {
    const png = encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(7) });
    expect(pngSize(png)).toEqual({ width: 4, height: 4 });
    expect(() => pngSize(bytes(1, 2, 3), 'a.png')).toThrow('a.png: not a PNG file');
    expect(() => decodePng(bytes(1, 2, 3))).toThrow('not a PNG file');
    expect(() => decodePng(png.slice(0, 45), 'a.png')).toThrow('a.png: damaged PNG file');
    const changed = png.slice();
    changed[43]! ^= 1;
    expect(() => decodePng(changed)).toThrow('damaged PNG file');
    const huge = png.slice();
    new DataView(huge.buffer).setUint32(16, 2 ** 31 - 1);
    expect(() => decodePng(huge)).toThrow('more than the 2^28');
  });

  it('does not unpack more than the size of a PNG asks for', () => {
    const size = 2000;
    const png = encodePng({ width: size, height: size, channels: 1, data: new Uint8Array(size ** 2) });
    const first = chunk('IHDR', bytes(0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0));
    const bomb = Uint8Array.from([...png.subarray(0, 8), ...first, ...png.subarray(33)]);
    expect(() => decodePng(bomb, 'a.png')).toThrow(
      'a.png: damaged PNG file: its pixels unpack to more than the 2 bytes of its size',
    );
    const twice = Uint8Array.from([...png.subarray(0, 33), ...png.subarray(8)]);
    expect(() => decodePng(twice)).toThrow('the header is not where it belongs');
  });

  it('reads an interlaced PNG and leaves out what is not about pixels', () => {
    const png = encodePng({ width: 1, height: 1, channels: 1, data: bytes(9) });
    const header = chunk('IHDR', bytes(0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 1));
    const profile = chunk('iCCP', bytes(65, 0, 0, 1, 2, 3));
    const interlaced = [...png.subarray(0, 8), ...header, ...profile, ...png.subarray(33)];
    expect(decodePng(Uint8Array.from(interlaced)).data).toEqual(bytes(9));
  });
});

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

describe('NPY', () => {
  it('writes the documented format', () => {
    const file = encodeNpy({ data: Float32Array.of(1, -2), shape: [2] });
    expect([...file.subarray(0, 10)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
    const header = new TextDecoder().decode(file.subarray(10, 128));
    expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2,\), \} *\n$/);
    expect([...file.subarray(128)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it.each([[[]], [[0]], [[3]], [[2, 0, 5]], [[2, 3, 4]]])('keeps tensors of shape %j', (shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const tensor = { data: Float32Array.from({ length: size }, (_, i) => i / 3), shape };
    expect(decodeNpy(encodeNpy(tensor))).toEqual(tensor);
    expect(encodeNpy(tensor).length % 64).toBe((4 * size) % 64);
  });

  const npy = (descr: string, shape: string, data: ArrayBufferView, version = 1, order = 'False') => {
    const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}}\n`;
    const length = version === 1 ? [header.length, 0] : [header.length, 0, 0, 0];
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return bytes(
      0x93,
      0x4e,
      0x55,
      0x4d,
      0x50,
      0x59,
      version,
      0,
      ...length,
      ...new TextEncoder().encode(header),
      ...raw,
    );
  };

  it.each<[string, ArrayBufferView]>([
    ['<f8', Float64Array.of(1, 2, 3)],
    ['<i8', BigInt64Array.of(1n, 2n, 3n)],
    ['<u8', BigUint64Array.of(1n, 2n, 3n)],
    ['<i4', Int32Array.of(1, 2, 3)],
    ['<u4', Uint32Array.of(1, 2, 3)],
    ['<i2', Int16Array.of(1, 2, 3)],
    ['<u2', Uint16Array.of(1, 2, 3)],
    ['|u1', Uint8Array.of(1, 2, 3)],
    ['|i1', Int8Array.of(1, 2, 3)],
  ])('reads %s in versions 1 to 3', (descr, data) => {
    for (const version of [1, 2, 3]) {
      expect(decodeNpy(npy(descr, '(3,)', data, version))).toEqual({
        data: Float32Array.of(1, 2, 3),
        shape: [3],
      });
    }
  });

  it.each<[Uint8Array, string]>([
    [bytes(1, 2, 3), 'not a .npy file'],
    [npy('<f4', '(3,)', Float32Array.of(1, 2)), "shape [3] of '<f4' needs 78 bytes, the file has 74"],
    [npy('<f4', '(1,)', Float32Array.of(1, 2)), 'the file has'],
    [npy('>f4', '(2,)', Float32Array.of(1, 2)), "type '>f4'; readable are little-endian"],
    [npy('<c8', '(1,)', Float32Array.of(1, 2)), "type '<c8'"],
    [npy('|O', '(1,)', bytes(1)), 'header needs a plain descr'],
    [npy('<f4', '(1, 2)', Float32Array.of(1, 2), 1, 'True'), 'Fortran order'],
    [npy('<f4', '(99999999, 99999999, 99999999)', Float32Array.of(1)), 'more than 2^31 - 1 elements'],
    [npy('<f4', '(-2,)', Float32Array.of(1)), 'header needs a plain descr'],
    [npy('<f4', '(2,)', Float32Array.of(1, 2), 4), '.npy version 4'],
    [npy('<f4', '(2,)', Float32Array.of(1, 2)).slice(0, 20), 'in a file of 20 bytes'],
  ])('refuses a bad file (%#)', (file, text) => {
    expect(() => decodeNpy(file, 'a.npy')).toThrow(text);
  });
});

describe('NPZ', () => {
  const tensors = {
    mean: { data: Float32Array.of(1, 2), shape: [1, 2] },
    z: { data: Float32Array.of(3), shape: [1] },
  };

  it('keeps named tensors, stored and deflated', () => {
    expect(decodeNpz(encodeNpz(tensors))).toEqual(tensors);
    expect(encodeNpz(tensors)).toEqual(encodeNpz(tensors));
    expect(decodeNpz(zipSync({ 'z.npy': encodeNpy(tensors.z) }, { level: 9 }))).toEqual({ z: tensors.z });
  });

  it('refuses names with slashes and files that are no archive', () => {
    expect(() => encodeNpz({ '../x': tensors.z })).toThrow("'../x' cannot be a name");
    expect(() => decodeNpz(bytes(1, 2, 3), 'a.npz')).toThrow('a.npz: not a readable .npz file');
    expect(() => decodeNpz(zipSync({ 'a.txt': bytes(1) }), 'a.npz')).toThrow(
      "a.npz 'a.txt': not a .npy file",
    );
  });

  it('refuses an archive whose bytes have changed', () => {
    const archive = encodeNpz({ z: tensors.z });
    // The last number stands before the list of files.
    archive[Buffer.from(archive).indexOf('PK\x01\x02', 0, 'latin1') - 1]! ^= 1;
    expect(() => decodeNpz(archive, 'a.npz')).toThrow(
      'a.npz: not a readable .npz file: the bytes of z.npy do not have its checksum',
    );
  });
});

describe('grid', () => {
  const images = { data: Float32Array.of(0, 0.2, 0.4), shape: [3, 1, 1, 1] };

  it('lays images out row by row with white gaps', () => {
    expect(grid(images, { columns: 2, gap: 1 })).toEqual({
      width: 3,
      height: 3,
      channels: 1,
      data: bytes(0, 255, 51, 255, 255, 255, 102, 255, 255),
    });
    expect(grid(images, { gap: 0 }).data).toEqual(bytes(0, 51, 102, 255));
    expect(grid(images, { columns: 9, gap: 0 }).width).toBe(3);
  });

  it('writes a caption above, in black on white', () => {
    const plain = grid(images);
    const titled = grid(images, { caption: 'I' });
    expect(titled.width).toBe(12);
    const rows = Array.from({ length: 9 }, (_, y) => [
      ...titled.data.subarray((y + 2) * 12 + 2, (y + 2) * 12 + 7),
    ]);
    const ink = rows.map((row) => row.map((value) => (value === 0 ? '#' : '.')).join(''));
    expect(ink).toEqual(['.....', '.###.', '..#..', '..#..', '..#..', '..#..', '..#..', '.###.', '.....']);
    expect([...titled.data.subarray(-12 * plain.height, -12 * plain.height + plain.width)]).toEqual([
      ...plain.data.subarray(0, plain.width),
    ]);
  });

  it('wraps captions to narrow pictures and enlarges them on wide ones', () => {
    const narrow = grid(images, { caption: 'prior samples after epoch 12 of 20' });
    expect([narrow.width, narrow.height]).toEqual([120, 2 * 9 + 4 + 4]);
    const wide = { data: new Float32Array(700), shape: [1, 1, 1, 700] };
    expect(grid(wide, { caption: 'x' }).height).toBe((9 + 4) * 2 + 1);
  });

  it('refuses other shapes and options', () => {
    expect(() => grid({ data: new Float32Array(4), shape: [1, 2, 2] })).toThrow(
      'expected shape [N, 1 or 3, H, W]',
    );
    expect(() => grid({ data: new Float32Array(0), shape: [0, 1, 2, 2] })).toThrow('got [0, 1, 2, 2]');
    expect(() => grid({ data: new Float32Array(8), shape: [1, 2, 2, 2] })).toThrow('got [2, 2, 2]');
    expect(() => grid(images, { columns: 0 })).toThrow('columns is 0');
    expect(() => grid(images, { gap: -1 })).toThrow('gap is -1');
  });
});

describe('stack', () => {
  const grey: Picture = { width: 1, height: 1, channels: 1, data: bytes(7) };
  const colour: Picture = { width: 2, height: 1, channels: 3, data: bytes(1, 2, 3, 4, 5, 6) };

  it('puts pictures below or beside each other, in colour when one is', () => {
    expect(stack([grey, grey], 'vertical', 1).data).toEqual(bytes(7, 255, 7));
    const mixed = stack([grey, colour], 'horizontal', 0);
    expect(mixed).toEqual({ width: 3, height: 1, channels: 3, data: bytes(7, 7, 7, 1, 2, 3, 4, 5, 6) });
    expect(stack([grey, colour]).height).toBe(10);
  });

  it('refuses nothing at all', () => {
    expect(() => stack([])).toThrow('no pictures');
    expect(() => stack([grey], 'diagonal' as 'vertical')).toThrow("direction is 'diagonal'");
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
