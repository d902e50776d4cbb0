/** A picture inside the page. */
export interface Image {
  readonly source: string;
  /** On the page: a whole multiple of the picture's own, so that each pixel is a square. */
  readonly width: number;
  readonly height: number;
  /** What was left out to keep the page small, and where it is. */
  readonly note?: string;
}

/** Room for a picture, in pixels of the page. */
export const ROOM = { width: 1040, height: 1100 } as const;

const formats = {
  // IHDR is always first: length, name, width, height.
  '.png': {
    type: 'image/png',
    size: (bytes: Buffer) => [bytes.readUInt32BE(16), bytes.readUInt32BE(20)],
  },
  '.gif': {
    type: 'image/gif',
    size: (bytes: Buffer) => [bytes.readUInt16LE(6), bytes.readUInt16LE(8)],
  },
} as const;

export type Format = keyof typeof formats;

/** The bytes of a file as a picture of the page; they hold at least their size. */
export function toImage(bytes: Buffer, format: Format): Image {
  const { type, size } = formats[format];
  const [width, height] = size(bytes);
  const scale = Math.max(1, Math.floor(Math.min(ROOM.width / width!, ROOM.height / height!)));
  const source = `data:${type};base64,${bytes.toString('base64')}`;
  return { source, width: width! * scale, height: height! * scale };
}
