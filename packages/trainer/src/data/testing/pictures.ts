import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

type Colour = readonly [red: number, green: number, blue: number];

/** A picture whose left half has one colour and whose right half another. */
export function halves(width: number, height: number, left: Colour, right: Colour) {
  const data = new Uint8Array(width * height * 3);
  for (let p = 0; p < width * height; p++) data.set(p % width < width / 2 ? left : right, 3 * p);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export const red: Colour = [255, 0, 0];
export const blue: Colour = [0, 0, 255];

/** A PNG that claims a size; its pixels are packed zeros, far fewer than that. */
export function claimingPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(type), data]);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
