import { coordinate, drawing, WIDTH } from './axes.js';
import { type Html, html } from './html.js';

/** More names cannot be told apart on an axis of this width. */
export const MOST_COLUMNS = 20;
/** Longer names are cut. */
const MOST_LETTERS = 24;
/** About the width of a letter of a name. */
const LETTER = 6.5;

const shortened = (name: string): string =>
  name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;

/**
 * The axis of a table's row that is drawn as bars: one tick for each column, in the middle of its bar, as in the
 * drawings.
 *
 * @param columns names of the columns, 1 or more
 * @returns undefined where there are more than 20
 * @example drawColumnsAxis(['height', 'weight'])?.text
 */
export function drawColumnsAxis(columns: readonly string[]): Html | undefined {
  if (columns.length < 1 || columns.length > MOST_COLUMNS) return undefined;
  const names = columns.map(shortened);
  const room = LETTER * Math.max(...names.map((name) => name.length));
  const step = WIDTH / columns.length;
  const level = room + LETTER <= step;
  const tick = (name: string, i: number): Html => {
    const x = coordinate((i + 0.5) * step);
    return html`<line class="axis" x1="${x}" x2="${x}" y1="4" y2="9"/>${(level ? levelName : upendedName)(name, x)}`;
  };
  const line = html`<line class="axis" x1="0" x2="${WIDTH}" y1="4" y2="4"/>`;
  const height = level ? 26 : 16 + room;
  return drawing('Columns, from left to right in each drawing', html`${line}${names.map(tick)}`, height);
}

const levelName = (name: string, x: number): Html =>
  html`<text x="${x}" y="22" text-anchor="middle">${name}</text>`;

/** From top to bottom, so that twenty fit side by side. */
const upendedName = (name: string, x: number): Html =>
  html`<text transform="translate(${coordinate(x - 4)} 13) rotate(90)">${name}</text>`;
