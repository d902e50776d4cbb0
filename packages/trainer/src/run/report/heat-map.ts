import { BELOW, coordinate, drawing, type Labels, WIDTH } from './axes.js';
import { type Html, html } from './html.js';

export interface HeatMap {
  readonly title: string;
  readonly labels: Labels;
  /** Names of the rows, from the top. */
  readonly rows: readonly string[];
  /** Names of the columns, from the left. */
  readonly columns: readonly string[];
  /** Not below 0; a row of columns for each row. */
  readonly values: readonly (readonly number[])[];
  /** What the values are measured in. */
  readonly unit: string;
}

const TOP = 44;
const ROW = 14;
const LEAST_ROW = 5;
const MOST_HEIGHT = 420;
const DIGIT = 6.2;
const RIGHT = WIDTH - 10;
const COLUMN_LABELS = 6;
const LEGEND = { left: 150, width: 110, height: 8, top: 18 } as const;

/** Small values stay visible: the eye sees the square root of the share of the largest. */
const opacity = (value: number, most: number): number =>
  most > 0 ? Math.round(100 * Math.sqrt(Math.max(value, 0) / most)) / 100 : 0;

function legend(most: number, unit: string): Html {
  const { left, width, height, top } = LEGEND;
  const steps = Array.from({ length: 11 }, (_, i) => i / 10);
  const cells = steps.map(
    (share, i) =>
      html`<rect x="${coordinate(left + (i * width) / 11)}" y="${top}" width="${coordinate(width / 11)}" height="${height}" fill-opacity="${opacity(share, 1)}"/>`,
  );
  return html`<text x="${left - 6}" y="${top + 8}" text-anchor="end">0</text><g class="heat">${cells}</g><text x="${left + width + 6}" y="${top + 8}">${most.toPrecision(3)} ${unit}</text>`;
}

/** Every how manieth name is written, so that they do not touch. */
const every = (count: number, room: number): number => Math.max(1, Math.ceil(count / room));

/**
 * A table of numbers as shades of one colour, as an SVG drawing with a legend.
 *
 * @example drawHeatMap({ title: 'KL', labels: { x: 'epoch', y: 'dimension' }, rows: ['z0'], columns: ['1'], values: [[2]], unit: 'nats' })
 */
export function drawHeatMap({ title, labels, rows, columns, values, unit }: HeatMap): Html {
  const row = Math.max(LEAST_ROW, Math.min(ROW, MOST_HEIGHT / rows.length));
  const left = 10 + DIGIT * Math.max(...rows.map(({ length }) => length));
  const bottom = TOP + row * rows.length;
  const column = (RIGHT - left) / columns.length;
  const most = values.flat().reduce((a, b) => Math.max(a, b), 0);
  const cell = (value: number, r: number, c: number): Html =>
    html`<rect x="${coordinate(left + c * column)}" y="${coordinate(TOP + r * row)}" width="${coordinate(column)}" height="${coordinate(row)}" fill-opacity="${opacity(value, most)}"/>`;
  const [skipRows, skipColumns] = [every(ROW, row + 2), every(columns.length, COLUMN_LABELS)];
  const content = html`<text x="2" y="12">${labels.y}</text>${legend(most, unit)}
<g class="heat">${values.map((line, r) => line.map((value, c) => cell(value, r, c)))}</g>
<rect class="frame" x="${coordinate(left)}" y="${TOP}" width="${coordinate(RIGHT - left)}" height="${coordinate(bottom - TOP)}"/>
${rows.map((name, r) => (r % skipRows === 0 ? html`<text x="${coordinate(left - 5)}" y="${coordinate(TOP + (r + 0.5) * row + 4)}" text-anchor="end">${name}</text>` : undefined))}
${columns.map((name, c) => (c % skipColumns === 0 ? html`<text x="${coordinate(left + (c + 0.5) * column)}" y="${coordinate(bottom + 16)}" text-anchor="middle">${name}</text>` : undefined))}
<text x="${coordinate((left + RIGHT) / 2)}" y="${coordinate(bottom + BELOW - 4)}" text-anchor="middle">${labels.x}</text>`;
  return drawing(title, content, bottom + BELOW);
}
