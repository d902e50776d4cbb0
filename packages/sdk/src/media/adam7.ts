/** Of each pass of Adam7 the first column and line, and how far the next ones are (PNG, third edition, 8.1). */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * The samples of an interlaced picture with one sample of 1, 2 or 4 bits a pixel, one per element. Every pass is a
 * picture of its own, whose lines begin on a byte and are filtered.
 *
 * @param lines what IDAT unpacks to; the filters are undone in it
 * @throws Error for lines that end too early and for filters that there are not
 */
export function deinterlaced(
  lines: Uint8Array,
  { width, height, depth }: { width: number; height: number; depth: number },
): Uint8Array {
  const samples = new Uint8Array(width * height);
  let at = 0;
  for (const [left, top, right, down] of passes) {
    if (left >= width) continue;
    const length = Math.ceil((Math.ceil((width - left) / right) * depth) / 8);
    let above: Uint8Array = new Uint8Array(length);
    for (let y = top; y < height; y += down) {
      const line = lines.subarray(at + 1, at + 1 + length);
      if (line.length < length) throw new Error('its pixels end too early');
      unfilter(line, lines[at]!, above);
      for (let x = left, bit = 0; x < width; x += right, bit += depth) {
        samples[y * width + x] = sampleAt(line, bit, depth);
      }
      above = line;
      at += 1 + length;
    }
  }
  return samples;
}

/** A sample of 1, 2 or 4 bits, the highest bits of a byte first. */
export function sampleAt(bytes: Uint8Array, bit: number, depth: number): number {
  return (bytes[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** What each filter expects of a byte, by the bytes to the left, above, and above to the left (PNG, 9.2). */
const expected = [
  () => 0,
  (left: number) => left,
  (_: number, above: number) => above,
  (left: number, above: number) => (left + above) >> 1,
  paeth,
] as const;

/** Undoes a filter in place; samples of less than a byte are filtered with the byte before theirs. */
function unfilter(line: Uint8Array, filter: number, above: Uint8Array): void {
  const expect = expected[filter];
  if (!expect) throw new Error(`filter ${filter} is none`);
  for (let i = 0; i < line.length; i++) {
    line[i]! += expect(line[i - 1] ?? 0, above[i]!, above[i - 1] ?? 0);
  }
}

/** Whichever of the three is next to left + above - corner. */
function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((byte) => Math.abs(estimate - byte));
  if (toLeft! <= toAbove! && toLeft! <= toCorner!) return left;
  return toAbove! <= toCorner! ? above : corner;
}
