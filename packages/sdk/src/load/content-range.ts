/** Which bytes of a file an answer 206 holds. */
export interface ContentRange {
  readonly from: number;
  /** After the last one. */
  readonly to: number;
  /** Of the file; NaN where the server does not say. */
  readonly total: number;
}

/** What a server says of a part; undefined for other answers, and for a page that may not see the header. */
export function contentRange({ status, headers }: Response): ContentRange | undefined {
  const found = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status !== 206 || !found) return undefined;
  return { from: +found[1]!, to: +found[2]! + 1, total: +found[3]! };
}

export const isWhole = (range: ContentRange | undefined): boolean =>
  range?.from === 0 && range.to === range.total;
