/** Which bytes of a file an answer 206 holds. */
export interface ContentRange {
  readonly from: number;
  /** After the last one. */
  readonly to: number;
  /** Of the file; undefined where the server does not say. */
  readonly total: number | undefined;
}

/** What a server says of a part; undefined for other answers, and for a page that may not see the header. */
export function contentRange({ status, headers }: Response): ContentRange | undefined {
  const found = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status !== 206 || !found) return undefined;
  const [from, last, total] = found.slice(1).map(Number) as [number, number, number];
  return { from, to: last + 1, total: Number.isNaN(total) ? undefined : total };
}

export function isWhole(range: ContentRange | undefined): boolean {
  return range?.from === 0 && range.to === range.total;
}
