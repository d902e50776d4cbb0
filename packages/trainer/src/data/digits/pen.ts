import { type Glyph, glyphs, MAX_POINTS, type Stroke } from './glyphs.js';

/** Random numbers that one digit uses: those of the writer, then two per point of its path. */
export const DRAWS = 28 + 2 * MAX_POINTS;

/** Points that a written digit may have: every span of a curve is cut into this many straight pieces. */
const PIECES = 6;
const CAPACITY = MAX_POINTS * PIECES + 16;

/** A written digit: joined points with the half width of the line at each. `start[i]` is 1 where the pen was put down. */
export interface Trace {
  length: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly radius: Float64Array;
  readonly start: Uint8Array;
}

/** An empty trace with room for any digit, to be written into again and again. */
export function createTrace(): Trace {
  return {
    length: 0,
    x: new Float64Array(CAPACITY),
    y: new Float64Array(CAPACITY),
    radius: new Float64Array(CAPACITY),
    start: new Uint8Array(CAPACITY),
  };
}

/**
 * Writes one digit the way one writer would on one day.
 *
 * Every habit of a writer is one random number: which form of the digit, slant, width, lean, how curved, where the waist
 * sits, thickness and pressure of the pen, size and place; and every point of the path is off by a little. Only + − × ÷ and
 * square root are used, so that every JavaScript engine draws the same.
 *
 * @param digit 0 to 9
 * @param random `DRAWS` uniform numbers in [0, 1)
 * @param side the shorter side of the picture in pixels; the digit fills about 20/28 of it, as in MNIST
 * @param trace receives the points, in pixels, with (0, 0) the centre of the picture
 */
export function write(digit: number, random: Float32Array, side: number, trace: Trace): void {
  const glyph = chooseGlyph(digit, random[0]);
  const bend: Bend = {
    slant: 0.1 + 0.5 * bell(random, 1),
    lean: 0.2 * bell(random, 3),
    arch: 0.2 * even(random, 5),
    fan: 0.18 * even(random, 6),
    bow: 0.18 * even(random, 7),
    tilt: 0.12 * even(random, 8),
    waist: 0.2 * even(random, 9),
    bulge: 0.12 * even(random, 10),
    width: 0.92 + 0.32 * even(random, 11),
  };
  const unit = side / 28;
  const radius = unit * (1.15 + 0.55 * bell(random, 12));
  const pressure = { drift: 0.22 * even(random, 14), swell: 0.25 * even(random, 15) };
  trace.length = 0;
  let draw = 28;
  glyph.strokes.forEach((stroke, number) => {
    // Where the pen is lifted, it does not come down quite where the drawing says.
    const shift = number === 0 ? 0 : 5;
    const offset = { x: shift * even(random, 16), y: shift * even(random, 17) };
    const points = bendStroke(stroke, bend, offset, random, draw);
    draw += 2 * stroke.x.length;
    const from = trace.length;
    addStroke(stroke, points, trace);
    press(trace, from, radius, pressure);
  });
  const size = unit * (19.2 + 1.6 * even(random, 18));
  place(trace, size, side, unit * 1.3 * bell(random, 19), unit * 1.3 * bell(random, 21));
}

/** How a writer's digits differ from the drawing, on coordinates u, v in −1..1. */
interface Bend {
  readonly slant: number;
  readonly lean: number;
  readonly arch: number;
  readonly fan: number;
  readonly bow: number;
  readonly tilt: number;
  readonly waist: number;
  readonly bulge: number;
  readonly width: number;
}

/** Evenly spread in −1..1. */
function even(random: Float32Array, at: number): number {
  return 2 * random[at] - 1;
}

/** In −1..1 with the middle more likely (two draws). */
function bell(random: Float32Array, at: number): number {
  return random[at] + random[at + 1] - 1;
}

function chooseGlyph(digit: number, draw: number): Glyph {
  const choices = glyphs[digit];
  let left = draw;
  for (const choice of choices) {
    left -= choice.share;
    if (left < 0) return choice;
  }
  return choices[choices.length - 1];
}

/** How far a point of the path may be off, in units of the drawing's 0..100. */
const WOBBLE = 6.5;

function bendStroke(
  stroke: Stroke,
  bend: Bend,
  offset: { x: number; y: number },
  random: Float32Array,
  draw: number,
): { x: number[]; y: number[] } {
  const x: number[] = [];
  const y: number[] = [];
  for (let i = 0; i < stroke.x.length; i++) {
    const u = (stroke.x[i] + offset.x + WOBBLE * even(random, draw + 2 * i) - 50) / 50;
    const v = (stroke.y[i] + offset.y + WOBBLE * even(random, draw + 2 * i + 1) - 50) / 50;
    const across = u + bend.arch * v * v + bend.fan * u * v + bend.bulge * (1 - u * u);
    const down = v + bend.bow * u * u + bend.tilt * u * v + bend.waist * (1 - v * v);
    const wide = 0.86 * bend.width * across;
    x.push(wide - bend.slant * down);
    y.push(down + bend.lean * wide);
  }
  return { x, y };
}

/** Adds a stroke to the trace as straight pieces, one smooth curve between corners. */
function addStroke(stroke: Stroke, points: { x: number[]; y: number[] }, trace: Trace): void {
  addPoint(trace, points.x[0], points.y[0], 1);
  let first = 0;
  for (let i = 1; i < points.x.length; i++) {
    if (!stroke.corner[i] && i < points.x.length - 1) continue;
    addCurve(points, first, i, trace);
    first = i;
  }
}

/** A quadratic B-spline over points first..last that begins and ends on the outer two; its first point is already there. */
function addCurve(points: { x: number[]; y: number[] }, first: number, last: number, trace: Trace): void {
  const { x, y } = points;
  if (last - first === 1) {
    addPoint(trace, x[last], y[last], 0);
    return;
  }
  let fromX = x[first];
  let fromY = y[first];
  for (let i = first + 1; i < last; i++) {
    const end = i === last - 1;
    const toX = end ? x[last] : (x[i] + x[i + 1]) / 2;
    const toY = end ? y[last] : (y[i] + y[i + 1]) / 2;
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES;
      const s = 1 - t;
      addPoint(
        trace,
        s * s * fromX + 2 * s * t * x[i] + t * t * toX,
        s * s * fromY + 2 * s * t * y[i] + t * t * toY,
        0,
      );
    }
    fromX = toX;
    fromY = toY;
  }
}

function addPoint(trace: Trace, x: number, y: number, start: 0 | 1): void {
  const at = trace.length++;
  trace.x[at] = x;
  trace.y[at] = y;
  trace.start[at] = start;
}

/** The line's half width along a stroke: thinner or thicker towards its end, and in its middle. */
function press(trace: Trace, from: number, radius: number, pressure: { drift: number; swell: number }): void {
  const last = trace.length - 1 - from;
  for (let i = 0; i <= last; i++) {
    const t = (2 * i) / last - 1;
    trace.radius[from + i] = radius * (1 + pressure.drift * t + pressure.swell * (0.5 - t * t));
  }
}

/** Pixels between a line's width and the border of the picture: one pixel and the line's soft edge. */
const CLEAR = 1.2;

/**
 * Scales the trace so that, line width included, its longer side is `size`; then puts its centre of mass where asked,
 * as far as that leaves the whole digit inside a square of `side` pixels and off its outermost ones.
 */
function place(trace: Trace, size: number, side: number, atX: number, atY: number): void {
  const { x, y, radius, start, length } = trace;
  let [left, right, top, bottom, thickest] = [x[0], x[0], y[0], y[0], 0];
  let [mass, massX, massY] = [0, 0, 0];
  for (let i = 0; i < length; i++) {
    if (x[i] < left) left = x[i];
    if (x[i] > right) right = x[i];
    if (y[i] < top) top = y[i];
    if (y[i] > bottom) bottom = y[i];
    if (radius[i] > thickest) thickest = radius[i];
    if (start[i] === 1) continue;
    const [dx, dy] = [x[i] - x[i - 1], y[i] - y[i - 1]];
    const ink = Math.sqrt(dx * dx + dy * dy);
    mass += ink;
    massX += (ink * (x[i] + x[i - 1])) / 2;
    massY += (ink * (y[i] + y[i - 1])) / 2;
  }
  const scale = (size - 2 * thickest) / Math.max(right - left, bottom - top);
  const room = side / 2 - thickest - CLEAR;
  const shiftX = within(atX - (scale * massX) / mass, -room - scale * left, room - scale * right);
  const shiftY = within(atY - (scale * massY) / mass, -room - scale * top, room - scale * bottom);
  for (let i = 0; i < length; i++) {
    x[i] = scale * x[i] + shiftX;
    y[i] = scale * y[i] + shiftY;
  }
}

function within(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
