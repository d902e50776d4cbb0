import { decodeJpeg } from '@vae/sdk/media';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { plainDecoder } from './plain-decoder.js';
import { sharpDecoder } from './sharp-decoder.js';

const plan = { height: 4, width: 4, channels: 3, fit: 'cover' } as const;
const inJpeg = (space: 'cmyk' | 'srgb') =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .toColourspace(space)
    .jpeg()
    .toBuffer();

it.each([sharpDecoder(sharp), plainDecoder])(
  'refuses a JPEG in inks with the advice of the SDK',
  async (decoder) => {
    const bytes = await inJpeg('cmyk');
    const refused = await decodeJpeg(bytes, 'a.jpg').catch((thrown: unknown) => thrown);
    const advice = /Convert.*/.exec((refused as Error).message)![0];
    expect(advice).toContain('Convert it to RGB');
    const steps = [() => decoder.decode(bytes, 'a.jpg', plan), () => decoder.size(bytes, 'a.jpg')];
    for (const step of steps) {
      const error = await step().then(undefined, (thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'TrainerError', code: 'bad-file' });
      expect((error as Error).message).toMatch(/^images: a\.jpg.*CMYK/);
      expect((error as Error).message).toContain(advice);
    }
    expect(await decoder.size(await inJpeg('srgb'), 'a.jpg')).toEqual([8, 8]);
  },
);
