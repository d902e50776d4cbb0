import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { decodeJpeg, decodePng, encodePng } from '@vae/sdk/media';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromium, withPage } from '../support/browser.js';
import { bundle } from '../support/bundle.js';
import { root } from '../support/project.js';

/** Runs in the page or a worker: one picture in every form that browsers have, and what is read from each. */
const module = `
  import { drawTensor, imageTensor, readImage, toBlob, toImageData } from '@vae/sdk/images';
  import { encodePng } from '@vae/sdk/media';
  import { images as platform } from '#platform';

  export { drawTensor, imageTensor, readImage, toBlob, toImageData };

  // Every byte in every channel.
  const data = Uint8Array.from({ length: 3 * 256 }, (_, i) => (i >> 8) * 85 + i);
  export const picture = { width: 16, height: 16, channels: 3, data };
  export const png = new Blob([encodePng(picture)], { type: 'image/png' });

  export function drawnOn(canvas) {
    drawTensor(canvas, picture);
    return canvas;
  }

  /** 'exact', or how far the furthest byte is away. */
  export async function compare(image) {
    if (!platform.isImage(image)) return 'no image';
    const read = await readImage(image);
    if (read.width !== 16 || read.height !== 16) return read.width + ' x ' + read.height;
    const differences = [...read.data].map((byte, i) => Math.abs(byte - data[i]));
    const worst = Math.max(...differences);
    return worst === 0 ? 'exact' : worst;
  }

  export async function failure(work) {
    try {
      await work();
    } catch (error) {
      return error.code + ': ' + error.message;
    }
  }
`;

/** Bodies of functions of the module's names that give an image; the first lot needs no page around it. */
const everywhere = {
  ImageData: 'return toImageData(picture)',
  OffscreenCanvas: 'return drawnOn(new OffscreenCanvas(1, 1))',
  ImageBitmap: 'return createImageBitmap(drawnOn(new OffscreenCanvas(1, 1)))',
  VideoFrame: 'return new VideoFrame(drawnOn(new OffscreenCanvas(1, 1)), { timestamp: 0 })',
  'PNG Blob': 'return png',
  'PNG File': "return new File([png], 'a.png')",
  'PNG bytes': 'return new Uint8Array(await png.arrayBuffer())',
  'PNG ArrayBuffer': 'return png.arrayBuffer()',
  'lossless WebP Blob': `return drawnOn(new OffscreenCanvas(1, 1)).convertToBlob({ type: 'image/webp', quality: 1 })`,
  picture: 'return picture',
};
const pageOnly = {
  HTMLCanvasElement: "return drawnOn(document.createElement('canvas'))",
  HTMLImageElement: 'return Object.assign(new Image(), { src: URL.createObjectURL(png) })',
  'canvas of another frame': `
    const frame = document.body.appendChild(document.createElement('iframe'));
    return drawnOn(frame.contentDocument.createElement('canvas'))`,
  'ImageData of another frame': `
    const frame = document.body.appendChild(document.createElement('iframe'));
    const image = new frame.contentWindow.ImageData(16, 16);
    image.data.set(toImageData(picture).data);
    return image`,
};

const names =
  'picture, png, drawnOn, compare, failure, readImage, imageTensor, toImageData, drawTensor, toBlob';

/** Code that gives what comes out of each of the bodies. */
const compareAll = (bodies: Readonly<Record<string, string>>) => `
  const results = {};
  ${Object.entries(bodies)
    .map(([name, body]) => `results['${name}'] = await compare(await (async () => { ${body} })());`)
    .join('\n')}
  return results;`;

/** Runs code in the page with the module's names. */
const inPage = <Result>(page: Page, code: string) =>
  page.evaluate<Result>(`import('/images.js').then(async ({ ${names} }) => { ${code} })`);

const allExact = (bodies: object) => Object.fromEntries(Object.keys(bodies).map((name) => [name, 'exact']));

const fixture = (name: string) => readFile(join(root, 'packages/sdk/src/media/testing', name));

/** A PNG file with an EXIF directory of one entry, the orientation, behind its header (PNG, third edition, 11.3.3.6). */
function turned(png: Uint8Array, orientation: number): Uint8Array {
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0];
  const named = Buffer.from([...Buffer.from('eXIf'), ...tiff]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(tiff.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([png.subarray(0, 33), length, named, checksum, png.subarray(33)]);
}

/** A page with the module, and what its code gives. */
async function withImages<Result>(
  code: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<Result> {
  return withPage((page) => inPage<Result>(page, code), {
    files: { '/images.js': await bundle(module), ...files },
  });
}

describe.skipIf(!chromium)('images in a browser', () => {
  it('come in exactly, in every form', async () => {
    const bodies = { ...everywhere, ...pageOnly };
    expect(await withImages(compareAll(bodies))).toEqual(allExact(bodies));
  });

  it('are not waited for when the browser may never load them', async () => {
    const code = `
      const image = Object.assign(new Image(), { loading: 'lazy', src: '/preview.png' });
      return readImage(image).catch(({ code, message }) => [code, message]);`;
    expect(await withImages(code)).toEqual([
      'bad-input',
      expect.stringMatching(/preview\.png: not loaded, and lazy; set its loading to 'eager', or wait for/),
    ]);
  });

  it('come in exactly in a worker, which has no page', async () => {
    const worker = `
      import { ${names} } from '/images.js';
      postMessage(await (async () => { ${compareAll(everywhere)} })());`;
    const ask = `
      const worker = new Worker('/worker.js', { type: 'module' });
      return new Promise((done) => { worker.onmessage = ({ data }) => done(data); });`;
    expect(await withImages(ask, { '/worker.js': worker })).toEqual(allExact(everywhere));
  });

  it('keep the stored values whatever the colour profile', async () => {
    const code = `
      const canvas = new OffscreenCanvas(8, 8);
      const context = canvas.getContext('2d', { colorSpace: 'display-p3' });
      context.fillStyle = 'color(display-p3 0.8 0.4 0.2)';
      context.fillRect(0, 0, 8, 8);
      const blob = await canvas.convertToBlob();
      const image = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
      const first = async (source) => [...(await readImage(source)).data.slice(0, 3)];
      return [(await blob.text()).includes('iCCP'), await first(blob), await first(image), await first(canvas)];`;
    const stored = [204, 102, 51];
    expect(await withImages(code)).toEqual([true, stored, stored, stored]);
  });

  it('are composited as in Node, at every transparency', async () => {
    const code = `
      let worst = 0;
      for (let alpha = 0; alpha < 256; alpha++) {
        const image = new ImageData(256, 1);
        for (let value = 0; value < 256; value++) image.data.set([value, value, value, alpha], 4 * value);
        const canvas = new OffscreenCanvas(256, 1);
        canvas.getContext('2d').putImageData(image, 0, 0);
        for (const background of [0, 255]) {
          const { data } = await readImage(image, { background });
          const drawn = (await readImage(canvas, { background })).data;
          for (let value = 0; value < 256; value++) {
            const exact = (value * alpha + background * (255 - alpha)) / 255;
            // What a canvas keeps is already rounded once.
            worst = Math.max(worst, Math.abs(data[3 * value] - exact), Math.abs(drawn[3 * value] - exact) - 0.5);
          }
        }
      }
      return worst;`;
    expect(await withImages(code)).toBeLessThanOrEqual(0.5);
  });

  it('of JPEG files are turned upright as in Node', async () => {
    const upright = await fixture('blocks.jpg');
    const files = Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => {
        const bytes = new Uint8Array(upright);
        expect(bytes[49]).toBe(1);
        bytes[49] = orientation;
        return [`/${orientation}.jpg`, bytes];
      }),
    );
    const code = `
      const all = [];
      for (const path of ${JSON.stringify(Object.keys(files))}) {
        const blob = await (await fetch(path)).blob();
        const { width, height, data } = await readImage(blob);
        const image = await readImage(Object.assign(new Image(), { src: path }));
        const bytes = await readImage(new Uint8Array(await blob.arrayBuffer()));
        const same = [image, bytes].every((other) => String(other.data) === String(data));
        all.push({ width, height, same, data: [...data] });
      }
      return all;`;
    const read = await withImages<{ width: number; height: number; same: boolean; data: number[] }[]>(
      code,
      files,
    );
    for (const [i, bytes] of Object.values(files).entries()) {
      const { data, ...size } = await decodeJpeg(bytes);
      expect(read[i]).toMatchObject({ width: size.width, height: size.height, same: true });
      expect(Math.max(...data.map((byte, at) => Math.abs(byte - read[i].data[at])))).toBeLessThan(4);
    }
  });

  it('of PNG files are turned upright as in Node, and as the browser shows them', async () => {
    const { data: colours } = await decodeJpeg(await fixture('blocks.jpg'));
    const png = encodePng({ width: 24, height: 16, channels: 3, data: colours });
    const files = Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => [`/${orientation}.png`, turned(png, orientation)]),
    );
    const code = `
      const all = [];
      for (const path of ${JSON.stringify(Object.keys(files))}) {
        const { width, height, data } = await readImage(await (await fetch(path)).blob());
        const shown = await readImage(Object.assign(new Image(), { src: path }));
        all.push({ width, height, shown: String(shown.data) === String(data), data: [...data] });
      }
      return all;`;
    const read = await withImages<object[]>(code, files);
    for (const [i, bytes] of Object.values(files).entries()) {
      const { width, height, data } = decodePng(bytes);
      expect(read[i]).toEqual({ width, height, shown: true, data: [...data] });
    }
  });

  it('in the inks of a printer are refused as in Node', async () => {
    const bytes = new Uint8Array(await fixture('blocks.jpg'));
    const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    expect(bytes[frame + 9]).toBe(3);
    bytes[frame + 9] = 4;
    const code = `return failure(async () => readImage(await (await fetch('/inks.jpg')).blob()));`;
    expect(await withImages(code, { '/inks.jpg': bytes })).toMatch(
      /^unsupported: readImage: a JPEG in the inks of a printer \(CMYK\)/,
    );
  });

  it("are a video's current frame", async () => {
    const code = `
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [64, 48];
      const context = canvas.getContext('2d');
      const video = Object.assign(document.createElement('video'), { muted: true });
      const early = await failure(() => readImage(video));
      video.srcObject = canvas.captureStream(30);
      const ready = new Promise((loaded) => { video.onloadeddata = loaded; });
      const drawing = setInterval(() => {
        context.fillStyle = 'rgb(200, 100, 50)';
        context.fillRect(0, 0, 64, 48);
        context.fillStyle = 'rgb(20, 40, 60)';
        context.fillRect(0, 0, 32, 48);
      }, 20);
      await video.play();
      await ready;
      clearInterval(drawing);
      const { width, height, data } = await readImage(video);
      return [early, width, height, ...data.slice(0, 3), ...data.slice(-3)];`;
    const [early, width, height, ...levels] = await withImages<[string, ...number[]]>(code);
    expect(early).toContain(
      "bad-input: readImage: the video has no frame yet; wait for its 'loadeddata' event.",
    );
    expect([width, height]).toEqual([64, 48]);
    // A video may be kept in luma and chroma.
    for (const [i, level] of [20, 40, 60, 200, 100, 50].entries()) {
      expect(Math.abs(levels[i] - level)).toBeLessThan(4);
    }
  });

  it('larger than a strip come in whole', async () => {
    const code = `
      const canvas = new OffscreenCanvas(3000, 3000);
      const context = canvas.getContext('2d');
      const dots = [[0, 0], [7, 1397], [7, 1398], [7, 1399], [2999, 2999]];
      for (const [i, [x, y]] of dots.entries()) {
        context.fillStyle = 'rgb(' + (i + 1) + ', 0, 0)';
        context.fillRect(x, y, 1, 1);
      }
      const { data } = await readImage(canvas);
      const levels = dots.map(([x, y]) => data[3 * (3000 * y + x)]);
      return [levels, data.filter((level) => level !== 0).length];`;
    expect(await withImages(code)).toEqual([[1, 2, 3, 4, 5], 5]);
  });

  it('that hold no pixels are refused with the reason', async () => {
    const failures: Readonly<Record<string, readonly [body: string, message: string]>> = {
      'a closed bitmap': ['const b = await createImageBitmap(png); b.close(); return b', '0 x 0 pixels'],
      'an empty canvas': ['return new OffscreenCanvas(0, 5)', '0 x 5 pixels; the image is empty'],
      'a closed frame': [
        'const f = new VideoFrame(drawnOn(new OffscreenCanvas(1, 1)), { timestamp: 0 }); f.close(); return f',
        'bad-input: readImage: the VideoFrame was closed.',
      ],
      'an image that is none': [
        "return Object.assign(new Image(), { src: 'data:image/png;base64,AAAA' })",
        'bad-file: readImage: data:image/png;base64,AAAA: not loaded',
      ],
      'an image without a source': ['return new Image()', 'an image element without a source: not loaded'],
      'an image of another site': [
        "return Object.assign(new Image(), { src: location.href.replace('127.0.0.1', 'localhost') + 'blocks.jpg' })",
        'bad-input: readImage: the browser does not give the pixels',
      ],
      'a text': ["return new Blob(['hello'])", 'bad-file: readImage: the browser cannot decode the image'],
      'a very long image': ['return createImageBitmap(new ImageData(40000, 1))', 'at most 32767 a side'],
      'a path': ["return 'a.png'", 'bad-input: readImage: expected an image (an ImageData, canvas,'],
      'pixels of half floats': [
        "return new ImageData(2, 2, { pixelFormat: 'rgba-float16' })",
        '16 elements of a Float16Array',
      ],
    };
    const code = `
      const results = {};
      ${Object.entries(failures)
        .map(
          ([name, [body]]) =>
            `results['${name}'] = await failure(async () => readImage(await (async () => { ${body} })()));`,
        )
        .join('\n')}
      return results;`;
    const results = await withImages<Record<string, string>>(code, {
      '/blocks.jpg': await fixture('blocks.jpg'),
    });
    for (const [name, [, message]] of Object.entries(failures)) expect(results[name]).toContain(message);
  });

  it('go out exactly: to ImageData, canvases and PNG', async () => {
    const code = `
      const tensor = imageTensor(picture, { shape: [3, 16, 16], range: [-1, 1] });
      const image = toImageData(tensor, { range: [-1, 1] });
      const canvas = document.createElement('canvas');
      drawTensor(canvas, tensor, { range: [-1, 1], scale: 3 });
      const context = canvas.getContext('2d');
      const shown = await createImageBitmap(await toBlob(tensor, { range: [-1, 1] }));
      return {
        class: image instanceof ImageData,
        image: await compare(image),
        size: [canvas.width, canvas.height],
        pixel: [...context.getImageData(5, 4, 1, 1).data],
        expected: [...image.data.slice(4 * (16 + 1), 4 * (16 + 1) + 4)],
        png: await compare(shown),
        webgl: await failure(() => {
          const other = document.createElement('canvas');
          other.getContext('bitmaprenderer');
          drawTensor(other, tensor, { range: [-1, 1] });
        }),
      };`;
    const { expected, ...result } = await withImages<{ expected: number[] }>(code);
    expect(result).toEqual({
      class: true,
      image: 'exact',
      size: [48, 48],
      pixel: expected,
      png: 'exact',
      webgl: expect.stringContaining('bad-input: drawTensor: the canvas has no 2D context'),
    });
  });
});
