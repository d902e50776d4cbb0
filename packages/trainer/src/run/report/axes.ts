import { type Html, html } from './html.js';
import type { Scale } from './scale.js';

/** Size of every drawing. It fills its column, so letters keep about this size on any screen. */
export const WIDTH = 360;
export const HEIGHT = 220;
const TOP = 26;
/** Room under the x axis, for its labels. */
export const BELOW = 36;
const BOTTOM = HEIGHT - BELOW;
const RIGHT = WIDTH - 10;
/** About the width of a digit at the size of the labels. */
const DIGIT = 6.2;

export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where the drawing goes, with room for the labels of the y axis. */
export const frame = (y: Scale): Frame => ({
  left: 12 + DIGIT * Math.max(...y.ticks.map(({ label }) => label.length), 1),
  right: RIGHT,
  top: TOP,
  bottom: BOTTOM,
});

/** Coordinates of the lowest and highest number on the y axis. */
export const Y_RANGE = [BOTTOM, TOP] as const;

/** A coordinate to a tenth, which is finer than a screen shows. */
export const coordinate = (value: number): number => Math.round(value * 10) / 10;

const yTick = (place: number, label: string, { left, right }: Frame): Html =>
  html`<line class="grid" x1="${left}" x2="${right}" y1="${place}" y2="${place}"/><text x="${left - 5}" y="${place + 4}" text-anchor="end">${label}</text>`;

const xTick = (place: number, label: string, { bottom, right }: Frame): Html =>
  html`<line class="axis" x1="${place}" x2="${place}" y1="${bottom}" y2="${bottom + 4}"/><text x="${Math.min(place, right - (label.length * DIGIT) / 2 + 8)}" y="${bottom + 16}" text-anchor="middle">${label}</text>`;

export interface Labels {
  readonly x: string;
  readonly y: string;
}

/** Grid, ticks and the names of both axes. */
export function axes({ x, y }: { x?: Scale; y: Scale }, labels: Labels, place: Frame): Html {
  const { left, right, bottom } = place;
  return html`
    ${y.ticks.map(({ value, label }) => yTick(coordinate(y.at(value)), label, place))}
    <line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
    ${x?.ticks.map(({ value, label }) => xTick(coordinate(x.at(value)), label, place))}
    <text x="2" y="12">${labels.y}</text>
    <text x="${coordinate((left + right) / 2)}" y="${bottom + BELOW - 4}" text-anchor="middle">${labels.x}</text>`;
}

/** A drawing that a screen reader names. */
export const drawing = (name: string, content: Html, height = HEIGHT): Html =>
  html`<svg viewBox="0 0 ${WIDTH} ${coordinate(height)}" role="img" aria-label="${name}">${content}</svg>`;
