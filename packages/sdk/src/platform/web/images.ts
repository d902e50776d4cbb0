import { reason, VaeError } from '../../errors.js';
import { isCommonImage, notAnImage, type Reading, readCommonImage } from '../../images/read-common.js';
import type { ImageReader } from '../../images/reader.js';
import type { Picture } from '../../media/picture.js';
import { assertBackground, fromRgba, type RgbaImage } from '../../media/rgba.js';
import { tagOf } from '../../tag.js';

interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}

interface Context {
  clearRect(x: number, y: number, width: number, height: number): void;
  drawImage(image: Bitmap, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): RgbaImage;
}

/** The parts of a page's or worker's global object that are used here. */
const browser = globalThis as unknown as {
  createImageBitmap?(source: unknown, options: object): Promise<Bitmap>;
  OffscreenCanvas?: new (
    width: number,
    height: number,
  ) => { getContext(kind: '2d', options: object): Context | null };
};

const readable =
  'an ImageData, canvas, ImageBitmap, image or video element, VideoFrame, Blob, or bytes of an image file';

/** Classes that can be drawn, and what is asked of one before it is. Named, because workers do not have all of them. */
const drawables: Readonly<Record<string, (value: never, where: string) => Promise<void> | void>> = {
  HTMLCanvasElement: assertPixels,
  OffscreenCanvas: assertPixels,
  ImageBitmap: assertPixels,
  HTMLImageElement: assertLoaded,
  HTMLVideoElement: assertFrame,
  VideoFrame: assertOpen,
};

/** Browsers: images come from the page, from workers and from files. */
export const images: ImageReader = {
  isImage: (value) => tagOf(value) in drawables || isCommonImage(value),

  async readImage(value, where, { background = 0 } = {}) {
    assertBackground(background, where);
    const reading = { background, where };
    const ready = drawables[tagOf(value)];
    if (ready) {
      const waiting = ready(value as never, where);
      // A canvas is read now: it may be drawn on again at once.
      if (waiting) await waiting;
      return readDrawn(value, reading);
    }
    const picture = await readCommonImage(value, reading, (bytes) =>
      readDrawn(new Blob([bytes as Uint8Array<ArrayBuffer>]), reading),
    );
    if (picture) return picture;
    throw notAnImage(value, where, readable);
  },
};

/** The pixels as they are stored: no colour management, turned upright as EXIF says (the default of browsers). */
async function readDrawn(source: unknown, { background, where }: Reading): Promise<Picture> {
  const { createImageBitmap } = browser;
  if (!createImageBitmap) throw new VaeError('unsupported', `${where}: createImageBitmap is not there.`);
  let bitmap: Bitmap;
  try {
    bitmap = await createImageBitmap.call(globalThis, source, {
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
    });
  } catch (cause) {
    throw new VaeError('bad-file', `${where}: the browser cannot decode the image: ${reason(cause)}`, {
      cause,
    });
  }
  try {
    return fromRgba(pixelsOf(bitmap, where), background, where);
  } finally {
    bitmap.close();
  }
}

// Canvases are limited in size and stay silently empty beyond: some hold 32767 pixels a side, some 2^24 in all.
const maximumSide = 2 ** 15 - 1;
const maximumStrip = 2 ** 22;

/** Draws a bitmap strip by strip and reads each back. */
function pixelsOf(bitmap: Bitmap, where: string): RgbaImage {
  const { width, height } = bitmap;
  if (Math.max(width, height) > maximumSide) {
    throw new VaeError(
      'unsupported',
      `${where}: ${width} x ${height} pixels; browsers draw at most ${maximumSide} a side. Pass a PNG file or an ImageData.`,
    );
  }
  const rows = Math.max(1, Math.min(height, Math.floor(maximumStrip / width)));
  // Without this hint the canvas lies on the GPU, from which reading is slow and may round.
  const context = new browser.OffscreenCanvas!(width, rows).getContext('2d', { willReadFrequently: true });
  if (!context) throw new VaeError('unsupported', `${where}: the browser offers no 2D canvas here.`);
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y += rows) {
    const count = Math.min(rows, height - y);
    context.clearRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, -y);
    data.set(readBack(context, width, count, where), 4 * width * y);
  }
  return { width, height, data };
}

function readBack(context: Context, width: number, height: number, where: string): RgbaImage['data'] {
  try {
    return context.getImageData(0, 0, width, height).data;
  } catch (cause) {
    throw new VaeError(
      'bad-input',
      `${where}: the browser does not give the pixels: ${reason(cause)} An image from another site needs ` +
        "crossOrigin = 'anonymous' and that site's permission.",
      { cause },
    );
  }
}

function assertPixels({ width, height }: { width: number; height: number }, where: string): void {
  if (width * height > 0) return;
  throw new VaeError('bad-input', `${where}: ${width} x ${height} pixels; the image is empty or was closed.`);
}

async function assertLoaded(
  image: { decode(): Promise<void>; currentSrc: string; src: string; loading: string; complete: boolean },
  where: string,
): Promise<void> {
  // The browser may never fetch it, and would be waited for as long.
  if (image.loading === 'lazy' && !image.complete) {
    throw new VaeError(
      'bad-input',
      `${where}: ${image.src.slice(0, 80)}: not loaded, and lazy; set its loading to 'eager', or wait for its 'load' event.`,
    );
  }
  try {
    await image.decode();
  } catch (cause) {
    const source = image.currentSrc.slice(0, 80) || 'an image element without a source';
    throw new VaeError('bad-file', `${where}: ${source}: not loaded: ${reason(cause)}`, { cause });
  }
}

function assertFrame({ readyState }: { readyState: number }, where: string): void {
  if (readyState >= 2) return;
  throw new VaeError('bad-input', `${where}: the video has no frame yet; wait for its 'loadeddata' event.`);
}

function assertOpen(
  { format, displayWidth }: { format: string | null; displayWidth: number },
  where: string,
): void {
  if (format !== null || displayWidth > 0) return;
  throw new VaeError('bad-input', `${where}: the VideoFrame was closed.`);
}
