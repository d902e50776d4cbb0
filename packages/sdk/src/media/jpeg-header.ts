/** How the rows and columns of an image file are turned, as EXIF counts it; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly precision: number;
  readonly orientation: Orientation;
  /** The three channels are red, green and blue, not luma and chroma. */
  readonly rgb: boolean;
}

/** Whether bytes begin as a JPEG file does: a start marker and another marker. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff && bytes[3]! >= 0xc0;
}

/**
 * What a JPEG file says before its pixels; undefined where there is no frame. Sizes are those of the stored rows, not
 * turned by the orientation.
 *
 * @see ITU-T T.81, annex B; the EXIF standard (CIPA DC-008), 4.5.4 and 4.6.2; Adobe TN 5116, section 18
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation: Orientation | undefined;
  let adobeTransform: number | undefined;
  let frame: Omit<JpegHeader, 'orientation' | 'rgb'> | undefined;
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!;
    // Between segments there may be fill bytes, and some cameras write the wrong length.
    if (bytes[at] !== 0xff || marker === 0xff || marker === 0) {
      at++;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, end);
    if (marker === startOfScan) break;
    if (isFrame(marker) && segment.length >= 6) {
      frame = {
        precision: segment[0]!,
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
      };
    }
    if (marker === app1 && startsWith(segment, 'Exif\0\0'))
      orientation ??= exifOrientation(segment.subarray(6));
    if (marker === app14 && startsWith(segment, 'Adobe')) adobeTransform = segment[11];
    at = end;
  }
  return frame && { ...frame, orientation: orientation ?? 1, rgb: adobeTransform === 0 };
}

const startOfScan = 0xda;
const app1 = 0xe1;
const app14 = 0xee;

/** C0 to CF begin a frame, but for the tables C4 and CC and the reserved C8. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}

/** The orientation in a TIFF directory; undefined where it holds none, or is damaged. */
function exifOrientation(tiff: Uint8Array): Orientation | undefined {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = startsWith(tiff, 'II');
  const short = (at: number) => (at + 2 <= tiff.length ? view.getUint16(at, little) : 0);
  const directory = tiff.length >= 8 ? view.getUint32(4, little) : tiff.length;
  for (let i = 0; i < short(directory); i++) {
    const entry = directory + 2 + 12 * i;
    const [tag, type, value] = [short(entry), short(entry + 2), short(entry + 8)];
    if (tag === 0x0112 && type === 3 && value >= 1 && value <= 8) return value as Orientation;
  }
  return undefined;
}
