import { axes, coordinate, drawing, frame, HEIGHT, type Labels, Y_RANGE } from './axes.js';
import { type Html, html } from './html.js';
import { linearScale } from './scale.js';

export interface Bar {
  readonly name: string;
  /** Not below 0. */
  readonly value: number;
  /** Drawn in the colour of what does not count. */
  readonly faint?: boolean;
}

/** About the width of a letter of a name. */
const LETTER = 6.5;
/** More bars than this touch each other. */
const CROWDED = 60;
/** Height of the smallest bar, so that it is seen to be there. */
const LEAST = 1.5;

/** Bars side by side as an SVG drawing; each tells its name and value when pointed at. */
export function drawBars(title: string, labels: Labels, bars: readonly Bar[]): Html {
  const y = linearScale([0, ...bars.map(({ value }) => value)], { range: Y_RANGE, nice: true });
  const place = frame(y);
  const slot = (place.right - place.left) / Math.max(bars.length, 1);
  const gap = bars.length > CROWDED ? 0 : slot * 0.1;
  const room = Math.max(...bars.map(({ name }) => name.length)) * LETTER + 4;
  const named = Math.ceil(room / slot);
  const draw = ({ name, value, faint }: Bar, i: number): Html => {
    const height = Math.max(place.bottom - y.at(value), LEAST);
    const left = place.left + i * slot;
    const label = html`<text x="${coordinate(left + slot / 2)}" y="${HEIGHT - 20}" text-anchor="middle">${name}</text>`;
    return html`<rect class="bar${faint ? ' faint' : ''}" x="${coordinate(left + gap)}" y="${coordinate(place.bottom - height)}" width="${Math.max(coordinate(slot - 2 * gap), 0.1)}" height="${coordinate(height)}"><title>${name}: ${value}</title></rect>${i % named === 0 ? label : undefined}`;
  };
  return drawing(title, html`${axes({ y }, labels, place)}${bars.map(draw)}`);
}
