import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { decodePng, encodePng, type Picture } from '@vae/sdk/media';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium, launch, openPage, servePages } from '../support/browser.js';
import { node, root, temporaryFolder, vae, vaeTrain } from '../support/project.js';

// JPEG is only read by our packages; the library that reads it there can write it too.
const jpeg = createRequire(join(root, 'packages/sdk/package.json'))('jpeg-js') as {
  encode(
    image: { width: number; height: number; data: Uint8Array; exifBuffer?: Uint8Array },
    quality: number,
  ): { data: Uint8Array };
};

/** The commands of the tutorial, as words. */
async function commands(): Promise<string[][]> {
  const text = await readFile(join(root, 'docs/tutorial-photos.md'), 'utf8');
  const [, block] = /```sh\n([\s\S]*?)```/.exec(text)!;
  const words = (line: string) =>
    [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
  return block.trim().split('\n').map(words);
}

/** Sky above ground, and a sun: which way is up can be seen. */
function scene(index: number, ground: readonly number[], width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  const horizon = 0.5 + 0.1 * Math.sin(index * 1.7);
  const sun = 0.5 + 0.35 * Math.sin(index * 2.3);
  for (let p = 0; p < width * height; p++) {
    const [u, v] = [(p % width) / width, Math.floor(p / width) / height];
    const below = v < horizon ? [130, 180, 240] : ground;
    data.set(Math.hypot(u - sun, v - 0.2) < 0.09 ? [250, 230, 120] : below, 3 * p);
  }
  return { width, height, channels: 3, data };
}

/** As a camera stores it that was turned a quarter to the left. */
function turned({ width, height, data }: Picture): Picture {
  const out = new Uint8Array(data.length);
  for (let p = 0; p < width * height; p++) {
    const [x, y] = [p % width, Math.floor(p / width)];
    out.set(data.subarray(3 * p, 3 * p + 3), 3 * ((width - 1 - x) * height + y));
  }
  return { width: height, height: width, channels: 3, data: out };
}

/** EXIF 2.32 with one entry, tag 0x112: turn a quarter to the right to see it upright. */
const turnRight = Buffer.concat([
  Buffer.from('Exif\0\0MM\0*\0\0\0\b', 'latin1'),
  Buffer.from([0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]),
]);

function encodeJpeg({ width, height, data }: Picture, exifBuffer?: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let p = 0; p < width * height; p++) rgba.set(data.subarray(3 * p, 3 * p + 3), 4 * p);
  return jpeg.encode({ width, height, data: rgba, exifBuffer }, 90).data;
}

const sizes = [
  [96, 72],
  [120, 90],
  [72, 96],
  [64, 64],
] as const;

/** Photos of two classes: PNG and JPEG, of four sizes, one of them stored on its side. */
async function makePhotos(folder: string): Promise<void> {
  const grounds = { beach: [200, 180, 110], meadow: [70, 140, 50] };
  for (const [name, ground] of Object.entries(grounds)) {
    await mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < 20; i++) {
      const [width, height] = sizes[i % sizes.length];
      const picture = scene(i, ground, width, height);
      const isTurned = name === 'meadow' && i === 1;
      const [ending, bytes] =
        i % 3 === 0
          ? ['png', encodePng(picture)]
          : ['jpg', isTurned ? encodeJpeg(turned(picture), turnRight) : encodeJpeg(picture)];
      await writeFile(join(folder, name, `${i}.${ending}`), bytes);
    }
  }
}

/** A picture, or what a canvas holds. */
type Pixels = Omit<Picture, 'channels'> & { readonly channels: number };

/** Mean colour of some rows. */
function meanColour({ width, channels, data }: Pixels, from: number, to: number): number[] {
  const rows = data.subarray(from * width * channels, to * width * channels);
  return [0, 1, 2].map(
    (channel) =>
      rows.filter((_, i) => i % channels === channel).reduce((a, b) => a + b, 0) / (rows.length / channels),
  );
}

/** Whether the sky is where it belongs: more blue than red above, less below. */
function isUpright(picture: Pixels): boolean {
  const { height } = picture;
  const [top, bottom] = [meanColour(picture, 0, height / 8), meanColour(picture, (height * 7) / 8, height)];
  return top[2] > top[0] && bottom[2] < bottom[1];
}

/** A part of a picture. */
function cut(picture: Picture, left: number, top: number, size: number): Picture {
  const { width, channels } = picture;
  const rows = Array.from({ length: size }, (_, y) => {
    const start = ((top + y) * width + left) * channels;
    return picture.data.slice(start, start + size * channels);
  });
  return { width: size, height: size, channels, data: Uint8Array.from(rows.flatMap((row) => [...row])) };
}

/** The picture on the page, once it is drawn. */
async function drawn(page: Page): Promise<Pixels> {
  const { width, height, data } = (await page.evaluate(`(async () => {
    const element = document.querySelector('vae-decoder');
    await element.ready;
    for (let i = 0; i < 3; i++) await element.decoder.decode(element.z);
    await new Promise((next) => setTimeout(next, 50));
    const { width, height } = element.shadowRoot.querySelector('canvas');
    const context = element.shadowRoot.querySelector('canvas').getContext('2d');
    return { width, height, data: [...context.getImageData(0, 0, width, height).data] };
  })()`)) as { width: number; height: number; data: number[] };
  return { width, height, channels: 4, data: Uint8Array.from(data) };
}

/** Opens a folder as a page; anything that goes wrong on it, or that it asks of another host, is a failure. */
async function opened(site: string, width: number, work: (page: Page) => Promise<void>): Promise<void> {
  const server = await servePages({ folders: { '/': site } });
  const browser = await launch();
  try {
    const context = await browser.newContext({ viewport: { width, height: 900 } });
    const asked: string[] = [];
    context.on('request', (request) => void asked.push(request.url()));
    const { page, problems } = await openPage(context, `${server.url}/index.html`);
    await work(page);
    expect(asked.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith('data:'))).toEqual([]);
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
  }
}

describe('docs/tutorial-photos.md', () => {
  let folder: string;
  let remove: () => Promise<void>;
  const said: string[] = [];

  beforeAll(async () => {
    ({ folder, remove } = await temporaryFolder());
    await makePhotos(join(folder, 'photos'));
    const all = await commands();
    expect(all.length).toBeLessThanOrEqual(4);
    for (const [npx, program, ...words] of all) {
      expect(npx).toBe('npx');
      const file = { vae, 'vae-train': vaeTrain }[program]!;
      const short = words[0] === 'photos.json' ? ['--steps', '48'] : [];
      const done = await node([file, ...words, ...short], { cwd: folder });
      expect(done, done.stderr).toMatchObject({ code: 0 });
      said.push(done.stdout);
    }
  }, 300_000);
  afterAll(() => remove());

  it('finds every photo and its class', () => {
    expect(said[0]).toMatch(/\n.*40 items/);
    expect(said[0]).toMatch(/beach 20, meadow 20/);
  });

  it('turns the photo upright that a camera stored on its side', async () => {
    const stored = await readFile(join(folder, 'photos/meadow/1.jpg'));
    expect(stored.includes('Exif')).toBe(true);
    const overview = decodePng(await readFile(join(folder, 'photos.png')));
    // Tiles of 64 pixels with 2 between them, under one line of text.
    const rows = Math.floor(overview.height / 66);
    const top = overview.height - rows * 66 + 2;
    const tiles = Array.from({ length: 40 }, (_, i) => {
      const perRow = Math.floor((overview.width + 2) / 66);
      return cut(overview, (i % perRow) * 66, top + Math.floor(i / perRow) * 66, 64);
    });
    expect(tiles.map(isUpright)).toEqual(tiles.map(() => true));
  });

  it('leaves a page of its own files, without the encoder and the photos', async () => {
    const site = join(folder, 'site');
    expect((await readdir(site)).sort()).toEqual(['index.html', 'model', 'vae']);
    expect((await readdir(join(site, 'model'))).sort()).toEqual(['decoder.onnx', 'vae.json']);
    const scripts = await readdir(join(site, 'vae'));
    expect(scripts).toContain('element.js');
    expect(scripts.filter((name) => name.endsWith('.wasm'))).toEqual(['ort-wasm-simd-threaded.wasm']);
    const [shown, trained] = [join(site, 'model'), join(folder, 'runs/photos/vae')];
    for (const name of ['decoder.onnx', 'vae.json'])
      expect((await readFile(join(shown, name))).equals(await readFile(join(trained, name))), name).toBe(
        true,
      );
  });

  it.skipIf(!chromium).each([1280, 390])('has sliders that change the picture, %i pixels wide', (width) =>
    opened(join(folder, 'site'), width, async (page) => {
      expect(await page.title()).toBe('My photos');
      expect(await page.getByRole('heading').textContent()).toBe('My photos');

      const mean = await drawn(page);
      expect([mean.width, mean.height]).toEqual([64, 64]);
      expect(isUpright(mean)).toBe(true);
      const sliders = page.getByRole('slider');
      expect(await sliders.count()).toBe(10);
      const range = ['min', 'max'].map((end) => sliders.first().getAttribute(end));
      expect(await Promise.all(range)).toEqual(['-3', '3']);
      const labels = await page.locator('vae-decoder label').allTextContents();
      expect(labels.filter((label) => /^z\d+$/.test(label))).toHaveLength(10);

      await sliders.first().fill('3');
      const moved = await drawn(page);
      expect(moved.data).not.toEqual(mean.data);
      await page.getByRole('button', { name: 'Random' }).click();
      expect((await drawn(page)).data).not.toEqual(moved.data);
      await page.getByRole('button', { name: 'Reset' }).click();
      expect((await drawn(page)).data).toEqual(mean.data);
      expect(await page.evaluate('document.scrollingElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(
        0,
      );
    }),
  );
});
