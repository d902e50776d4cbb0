import { describe, expect, it } from 'vitest';
import { imageFolder } from '../testing/image-folder.js';
import { blue, claimingPng, halves, red } from '../testing/pictures.js';
import { createDecoder } from './create-decoder.js';
import { plainDecoder } from './plain-decoder.js';

const { refusal } = imageFolder();

describe('without sharp', () => {
  const plan = { height: 8, width: 8, channels: 3, fit: 'cover' } as const;

  it('reads PNG and JPEG like sharp does', async () => {
    const decoder = await createDecoder();
    expect(decoder.name).toMatch(/^sharp 0\./);
    const picture = halves(64, 40, [200, 100, 50], [20, 60, 240]);
    for (const format of ['png', 'jpeg'] as const) {
      const path = `a.${format}`;
      const options = { quality: 100, chromaSubsampling: '4:4:4' };
      const bytes = await picture.clone().toFormat(format, options).toBuffer();
      expect(await plainDecoder.size(bytes, path)).toEqual(await decoder.size(bytes, path));
      const [ours, theirs] = [
        await plainDecoder.decode(bytes, path, plan),
        await decoder.decode(bytes, path, plan),
      ];
      // Away from the edge between the halves, where the two filters differ.
      for (let p = 0; p < ours.length; p++) {
        if (p % 8 < 2 || p % 8 > 5) expect(Math.abs(ours[p] - theirs[p])).toBeLessThanOrEqual(4);
      }
    }
  });

  it('says what to install for other formats, and refuses damaged and huge files', async () => {
    const bytes = await halves(8, 8, red, blue).webp().toBuffer();
    expect(await refusal(plainDecoder.decode(bytes, 'a.webp', plan), 'bad-file')).toBe(
      'images: a.webp is neither PNG nor JPEG. For other formats install sharp: npm i sharp',
    );
    expect(await refusal(plainDecoder.decode(claimingPng(12_000, 11_000), 'a.png', plan), 'bad-file')).toBe(
      'images: a.png has 11000×12000 pixels, more than the 100000000 that are read here.',
    );
    const png = await halves(8, 8, red, blue).png().toBuffer();
    expect(await refusal(plainDecoder.decode(png.subarray(0, 60), 'a.png', plan), 'bad-file')).toMatch(
      /^images: a\.png: damaged PNG file/,
    );
  });
});
