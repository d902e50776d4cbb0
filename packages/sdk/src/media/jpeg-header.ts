import { VaeError } from '../errors.js';
import { exifOrientation, type Orientation, startsWith } from './orientation.js';

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly precision: number;
  /** Grey 1, colour 3, printing inks 4. */
  readonly channels: number;
  readonly orientation: Orientation;
  /** The three channels are red, green and blue, not luma and chroma. */
  readonly rgb: boolean;
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
  let jfif = false;
  let adobeTransform: number | undefined;
  let frame: (Omit<JpegHeader, 'orientation' | 'rgb'> & { readonly ids: string }) | undefined;
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
        channels: segment[5]!,
        ids: String.fromCharCode(...[6, 9, 12].map((at) => segment[at] ?? 0)),
      };
    }
    if (marker === app0 && startsWith(segment, 'JFIF\0')) jfif = true;
    if (marker === app1 && startsWith(segment, 'Exif\0\0'))
      orientation ??= exifOrientation(segment.subarray(6));
    if (marker === app14 && startsWith(segment, 'Adobe')) adobeTransform = segment[11];
    at = end;
  }
  if (!frame) return undefined;
  const { ids, ...sizes } = frame;
  // As libjpeg decides: JFIF means luma and chroma, else Adobe's marker says it, else the letters that channels are called.
  const rgb = !jfif && (adobeTransform === undefined ? ids === 'RGB' : adobeTransform === 0);
  return { ...sizes, orientation: orientation ?? 1, rgb };
}

/**
 * Refuses a picture in printing inks (CMYK, or YCCK, which is CMYK in another form): what colour an ink has is said by a
 * colour profile that decoders read differently or not at all, and some files hold the inks inverted.
 *
 * @throws VaeError "unsupported"
 */
export function assertNoInks({ channels }: Pick<JpegHeader, 'channels'>, where: string): void {
  if (channels !== 4) return;
  throw new VaeError(
    'unsupported',
    `${where}: a JPEG in the inks of a printer (CMYK), whose colours no two decoders agree on. ` +
      'Convert it to RGB first, such as with: magick in.jpg -colorspace sRGB out.png',
  );
}

const startOfScan = 0xda;
const app0 = 0xe0;
const app1 = 0xe1;
const app14 = 0xee;

/** C0 to CF begin a frame, but for the tables C4 and CC and the reserved C8. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
