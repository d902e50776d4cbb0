import { axes, coordinate, drawing, type Frame, frame, type Labels, WIDTH, Y_RANGE } from './axes.js';
import { type Html, html } from './html.js';
import { linearScale, type Scale } from './scale.js';

export const PARTS = ['train', 'validation', 'test'] as const;
export type PartName = (typeof PARTS)[number];

export interface Point {
  readonly x: number;
  /** Null where there is no value: the line has a gap. */
  readonly y: number | null;
}

export interface Series {
  /** Decides colour and dashes. */
  readonly name: PartName;
  readonly points: readonly Point[];
}

export interface Curves {
  readonly title: string;
  readonly labels: Labels;
  readonly series: readonly Series[];
  /** Counts: the axis has no fractions. */
  readonly whole?: boolean;
}

type Place = readonly [x: number, y: number];

/** Longest line on which every point is marked. */
const MARKED = 25;
const LEGEND_GAP = 32;
const LETTER = 6;

/** The stretches between gaps. */
function stretches(points: readonly Point[], x: Scale, y: Scale): Place[][] {
  const found: Place[][] = [[]];
  for (const point of points) {
    if (isNumber(point.y)) found.at(-1)!.push([coordinate(x.at(point.x)), coordinate(y.at(point.y))]);
    else found.push([]);
  }
  return found.filter(({ length }) => length > 0);
}

const isNumber = (value: number | null): value is number => value !== null && Number.isFinite(value);

const dot = ([x, y]: Place): Html => html`<circle cx="${x}" cy="${y}" r="2.5"/>`;

function line({ name, points }: Series, x: Scale, y: Scale): Html {
  const lines = stretches(points, x, y);
  const marked = points.length <= MARKED ? lines.flat() : lines.filter(({ length }) => length === 1).flat();
  const strokes = lines.filter(({ length }) => length > 1);
  return html`<g class="line ${name}">${strokes.map((places) => html`<polyline points="${places.map((place) => place.join(',')).join(' ')}"/>`)}${marked.map(dot)}</g>`;
}

/** Names of the lines, in the upper right corner. */
function legend(series: readonly Series[]): Html {
  let left = WIDTH;
  const entries = series.toReversed().map(({ name }) => {
    left -= name.length * LETTER + LEGEND_GAP;
    return html`<g class="line ${name}"><line x1="${left}" x2="${left + 20}" y1="8" y2="8"/><text x="${left + 24}" y="12">${name}</text></g>`;
  });
  return html`${entries.reverse()}`;
}

const LEAST_CUT = 10;

/**
 * How many points to leave out at the start when choosing the scale: the first few of a long run fall so far that all
 * that follows would look flat. None, unless that at least halves the height needed.
 */
function cutPoints(series: readonly Series[]): number {
  const length = Math.max(...series.map(({ points }) => points.length), 0);
  if (length < LEAST_CUT) return 0;
  const cut = Math.ceil(length / 10);
  return height(values(series, cut)) < height(values(series, 0)) / 2 ? cut : 0;
}

/** What a long line shows from point `from` on; a short one shows everything. */
const values = (series: readonly Series[], from: number): number[] =>
  series
    .flatMap(({ points }) => points.slice(points.length < LEAST_CUT ? 0 : from).map(({ y }) => y))
    .filter(isNumber);

const height = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.max(a, b), -Infinity) - numbers.reduce((a, b) => Math.min(a, b), Infinity);

/** Both scales, the horizontal one as wide as the labels of the other leave it. */
function scales({ series, whole }: Curves, cut: number): { x: Scale; y: Scale; place: Frame } {
  const y = linearScale(values(series, cut), { range: Y_RANGE, nice: true, whole });
  const place = frame(y);
  const x = linearScale(
    series.flatMap(({ points }) => points.map((point) => point.x)),
    { range: [place.left + 6, place.right - 6], whole: true },
  );
  return { x, y, place };
}

/** Nothing is drawn above or below the axes, but for the half of a dot. */
function clipped(content: Html, { top, bottom }: Frame): Html {
  const [start, size] = [top - 3, bottom - top + 6];
  return html`<svg x="0" y="${start}" width="${WIDTH}" height="${size}" viewBox="0 ${start} ${WIDTH} ${size}">${content}</svg>`;
}

/**
 * Lines over epochs or steps as an SVG drawing, with axes and a legend.
 *
 * @example drawCurves({ title: 'kl', labels: { x: 'epoch', y: 'nats' }, series: [{ name: 'train', points }] })
 */
export function drawCurves(curves: Curves): Html {
  const { title, labels, series } = curves;
  const cut = cutPoints(series);
  const { x, y, place } = scales(curves, cut);
  const lines = html`${series.map((one) => line(one, x, y))}`;
  const note = cut === 0 ? '' : ` (scale chosen without the first ${cut === 1 ? 'point' : `${cut} points`})`;
  return drawing(
    `${title}, ${labels.y}, over ${labels.x}`,
    html`${axes({ x, y }, { ...labels, x: labels.x + note }, place)}${clipped(lines, place)}${legend(series)}`,
  );
}
