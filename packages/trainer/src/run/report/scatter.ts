import { counted } from '../../text/counted.js';
import type { Scatter } from '../latent/latent-view.js';
import { axes, BELOW, coordinate, drawing, frame, WIDTH } from './axes.js';
import { formatCount } from './format.js';
import { type Html, html } from './html.js';
import { linearScale } from './scale.js';

const HEIGHT = WIDTH;
/** Colours that the style sheet has; further classes use them again. */
const COLOURS = 10;
const LEAST_CLASSES = 2;

type Place = readonly [x: number, y: number];

/** Dots of one colour: lines of no length with round ends, which take a third of the letters of circles. */
const dots = (places: readonly Place[], colour: string): Html =>
  html`<path class="dots ${colour}" d="${places.map(([x, y]) => `M${x},${y}h0`).join('')}"/>`;

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/** The name of a class in the middle of its dots: colours alone do not tell ten classes apart. */
const caption = (name: string, places: readonly Place[], colour: string): Html =>
  html`<text class="caption ${colour}" x="${coordinate(mean(places.map(([x]) => x)))}" y="${coordinate(mean(places.map(([, y]) => y)) + 4)}" text-anchor="middle">${name}</text>`;

interface Group {
  readonly name?: string;
  readonly colour: string;
  readonly places: readonly Place[];
}

function groupsOf({ labels, classes = [] }: Scatter, places: readonly Place[]): Group[] {
  if (!labels || classes.length < LEAST_CLASSES) return [{ colour: 'c0', places }];
  const groups = classes.map((name, i) => ({
    name,
    colour: `c${i % COLOURS}`,
    places: places.filter((_, row) => labels[row] === i),
  }));
  return groups.filter((group) => group.places.length > 0);
}

const legend = (groups: readonly Group[]): Html =>
  html`<ul class="legend">${groups.map(({ name, colour, places }) => html`<li class="${colour}">${name} <small>${formatCount(places.length)}</small></li>`)}</ul>`;

/**
 * Points of a plane as an SVG drawing, coloured by class, with a legend below it.
 *
 * @example drawScatter({ axes: ['z0', 'z1'], points: [[0, 1]] })
 */
export function drawScatter(scatter: Scatter): Html {
  const range = [HEIGHT - BELOW, 26] as const;
  const y = linearScale(
    scatter.points.map((point) => point[1]),
    { range, nice: true },
  );
  const place = { ...frame(y), bottom: range[0] };
  const x = linearScale(
    scatter.points.map(([value]) => value),
    { range: [place.left + 6, place.right - 6], nice: true },
  );
  const places = scatter.points.map(([a, b]): Place => [coordinate(x.at(a)), coordinate(y.at(b))]);
  const groups = groupsOf(scatter, places);
  const named = groups.filter(({ name }) => name !== undefined);
  const labels = { x: scatter.axes[0], y: scatter.axes[1] };
  const content = html`${axes({ x, y }, labels, place)}${groups.map((group) => dots(group.places, group.colour))}${named.map(({ name, places, colour }) => caption(name!, places, colour))}`;
  const title = `Codes of ${counted(places.length, 'sample', formatCount)}, ${labels.x} and ${labels.y}`;
  return html`${drawing(title, content, HEIGHT)}${named.length > 0 ? legend(named) : undefined}`;
}
