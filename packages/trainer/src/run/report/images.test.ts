import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGif, encodePng, type Picture } from '@vae/sdk/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolder } from '../folder.js';
import { readEpochImage, readImage } from './images.js';
import { renderReport } from './report.js';

let folder: RunFolder;
beforeEach(() => {
  folder = new RunFolder(mkdtempSync(join(tmpdir(), 'vae-report-images-')));
  mkdirSync(folder.picture(''));
});
afterEach(() => rmSync(folder.path, { recursive: true, force: true }));

/** What packs worst: a pixel has nothing to do with the next one. The first byte tells which frame it is. */
function noise(seed: number, width: number, height: number, channels: 1 | 3): Picture {
  const data = new Uint8Array(width * height * channels);
  let state = seed + 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return { width, height, channels, data };
}

const nameOf = (epoch: number): string => `epoch-${String(epoch).padStart(3, '0')}.png`;

/** A run of many epochs: their pictures and the film of all. */
function draw(epochs: number, picture: (epoch: number) => Picture): Picture[] {
  const frames = Array.from({ length: epochs }, (_, i) => picture(i + 1));
  frames.forEach((frame, i) => void writeFileSync(folder.picture(nameOf(i + 1)), encodePng(frame)));
  writeFileSync(folder.picture('training.gif'), encodeGif(frames, { delayMs: 400 }));
  return frames;
}

const bytesOf = (source: string): Buffer => Buffer.from(source.slice(source.indexOf(',') + 1), 'base64');

/** Frames of a GIF file, by its graphic control extensions: each begins with 21 F9 04 (GIF89a, section 23). */
const framesIn = (gif: Buffer): number => gif.toString('latin1').split('\x21\xf9\x04').length - 1;

/** The first colour of each frame's palette: the file's own is behind the header, others behind their frame's place. */
function colours(gif: Buffer): number[][] {
  const places = [13];
  // A frame begins with 2C, its place of 00 00 00 00 and its size, 01 00 01 00 here; the first has the file's palette.
  const frame = '\x2c\0\0\0\0\x01\0\x01\0';
  const text = gif.toString('latin1');
  for (let at = text.indexOf(frame); at >= 0; at = text.indexOf(frame, at + 1)) places.push(at + 10);
  places.splice(1, 1);
  return places.map((at) => [...gif.subarray(at, at + 3)]);
}

describe('a run of many epochs', () => {
  it('has a page of at most 4 MB of pictures, which says what was left out and where it is', async () => {
    draw(50, (epoch) => noise(epoch, 640, 200, 1));
    writeFileSync(folder.picture('traversals.png'), encodePng(noise(0, 800, 900, 3)));
    expect(statSync(folder.picture('training.gif')).size).toBeGreaterThan(6_000_000);
    const page = await renderReport(folder);
    expect(page.length).toBeLessThan(4_100_000);
    const [, shown] = /(\d+) of 50 frames, evenly chosen, in 256 colours/.exec(page)!;
    const film = bytesOf((await readImage(folder, 'training.gif'))!.source);
    expect(framesIn(film)).toBe(Number(shown));
    expect(Number(shown)).toBeGreaterThanOrEqual(12);
    expect(page).toContain('The whole film: pictures/training.gif; each frame: pictures/epoch-*.png.');
    expect(page).toContain('as it was drawn: pictures/traversals.png.');
  }, 120_000);

  it('shows the first, the last and evenly chosen epochs of a thousand', async () => {
    // Frames are of one colour each, so a film of few frames fits where one of all does not.
    for (let epoch = 1; epoch <= 1001; epoch++)
      writeFileSync(
        folder.picture(nameOf(epoch)),
        encodePng({ width: 1, height: 1, channels: 3, data: Uint8Array.of(epoch & 255, epoch >> 8, 7) }),
      );
    writeFileSync(folder.picture('training.gif'), '');
    truncateSync(folder.picture('training.gif'), 2_000_000);
    const { source, note } = (await readImage(folder, 'training.gif'))!;
    expect(note).toContain('60 of 1,001 frames, evenly chosen');
    const film = bytesOf(source);
    expect(framesIn(film)).toBe(60);
    // A palette is the frame's one colour: epochs 1, 18, 35, … 1001, which are 1 + 1000 i / 59 rounded.
    const wanted = Array.from({ length: 60 }, (_, i) => 1 + Math.round((1000 * i) / 59));
    expect(colours(film).map(([low, high]) => low! + 256 * high!)).toEqual(wanted);
  });

  it('keeps small pictures and films byte for byte', async () => {
    draw(3, (epoch) => noise(epoch, 40, 20, 1));
    const { epoch, image } = (await readEpochImage(folder))!;
    expect(epoch).toBe(3);
    expect(bytesOf(image.source)).toEqual(Buffer.from(encodePng(noise(3, 40, 20, 1))));
    expect(image.note).toBeUndefined();
    const film = (await readImage(folder, 'training.gif'))!;
    expect(framesIn(bytesOf(film.source))).toBe(3);
    expect(film.note).toBeUndefined();
  });
});

describe('a large picture', () => {
  it('is shown in fewer colours, and smaller only where it must be', async () => {
    writeFileSync(folder.picture('epoch-001.png'), encodePng(noise(1, 500, 400, 3)));
    const colours = (await readImage(folder, 'epoch-001.png'))!;
    expect(colours.note).toBe('Shown in 256 colours; as it was drawn: pictures/epoch-001.png.');
    expect([colours.width, colours.height]).toEqual([1000, 800]);
    writeFileSync(folder.picture('epoch-002.png'), encodePng(noise(2, 2100, 900, 3)));
    const divided = (await readImage(folder, 'epoch-002.png'))!;
    expect(divided.note).toMatch(/^Shown in 256 colours and at 1\/3 of the size; as it was drawn: /);
    expect([divided.width, divided.height]).toEqual([700, 300]);
    for (const { source } of [colours, divided]) expect(bytesOf(source).length).toBeLessThanOrEqual(500_000);
  });

  it('that is drawn again is read again, and one that is damaged is left out', async () => {
    const path = folder.picture('manifold.png');
    writeFileSync(path, encodePng(noise(1, 500, 400, 3)));
    const first = await readImage(folder, 'manifold.png');
    expect(await readImage(folder, 'manifold.png')).toBe(first);
    writeFileSync(path, encodePng(noise(2, 500, 402, 3)));
    expect((await readImage(folder, 'manifold.png'))!.height).toBe(804);
    truncateSync(path, 550_000);
    expect(await readImage(folder, 'manifold.png')).toBeUndefined();
  });
});
