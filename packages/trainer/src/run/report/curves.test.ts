import { describe, expect, it } from 'vitest';
import { drawBars } from './bars.js';
import { drawCurves, type PartName, type Point } from './curves.js';

const labels = { x: 'epoch', y: 'nats per sample' };
const points = (...values: (number | null)[]): Point[] => values.map((y, i) => ({ x: i + 1, y }));
const draw = (series: Partial<Record<PartName, Point[]>>): string =>
  drawCurves({
    title: 'bound',
    labels,
    series: Object.entries(series).map(([name, list]) => ({ name: name as PartName, points: list })),
  }).text;

/** Every number that says where something is. */
function coordinates(svg: string): number[] {
  const attributes = [...svg.matchAll(/ (?:points|c?[xy][12]?|r|width|height)="([^"]*)"/g)];
  return attributes.flatMap(([, text]) => text.split(/[ ,]/).map(Number));
}

const count = (svg: string, tag: string): number => svg.split(`<${tag}`).length - 1;

describe('drawCurves', () => {
  it.each([
    ['a constant', points(-100, -100, -100)],
    ['zeros', points(0, 0, 0)],
    ['one point', points(-97.5)],
    ['gaps', points(null, 1, null, 2, 3, null)],
    ['nothing but gaps', points(null, null)],
    ['no points', []],
    ['values that are no numbers', points(Number.NaN, 1, Number.POSITIVE_INFINITY, 2)],
    ['the largest float32', points(3.4e38, -3.4e38)],
    ['a thousand points', points(...Array.from({ length: 1000 }, (_, i) => 500 / (i + 1)))],
  ])('gives finite coordinates for %s', (_, list) => {
    const svg = draw({ train: list });
    expect(coordinates(svg).every(Number.isFinite)).toBe(true);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it('draws a line per part, each named in the legend', () => {
    const svg = draw({ train: points(1, 2), validation: points(2, 3), test: points(3, 4) });
    expect(count(svg, 'polyline')).toBe(3);
    for (const name of ['train', 'validation', 'test']) {
      expect(svg).toContain(`<g class="line ${name}"><polyline`);
      expect(svg).toContain(`>${name}</text>`);
    }
    expect(svg).toContain('>epoch</text>');
    expect(svg).toContain('>nats per sample</text>');
  });

  it('interrupts the line at a gap and shows a lone point as a dot', () => {
    const long = Array.from({ length: 30 }, (_, i) => i % 7);
    const svg = draw({ train: points(...long, null, 3, null, ...long) });
    expect(count(svg, 'polyline')).toBe(2);
    expect(count(svg, 'circle')).toBe(1);
    expect(count(draw({ train: points(5) }), 'circle')).toBe(1);
  });

  it('puts higher values higher and later ones further right', () => {
    const [, text] = /<polyline points="([^"]*)"/.exec(draw({ train: points(1, 5) }))!;
    const [[x0, y0], [x1, y1]] = text.split(' ').map((place) => place.split(',').map(Number));
    expect(x1).toBeGreaterThan(x0);
    expect(y1).toBeLessThan(y0);
  });

  it('leaves a steep start out of the scale, and says so', () => {
    const steep = points(...Array.from({ length: 20 }, (_, i) => (i < 2 ? 550 : 100 - i / 10)));
    expect(draw({ train: steep })).toContain('scale chosen without the first 2 points');
    expect(draw({ train: steep })).not.toContain('>500<');
    expect(draw({ train: steep.slice(0, 9) })).toContain('>500<');
  });

  it('escapes its labels', () => {
    const svg = drawCurves({ title: '"<x>', labels: { x: '<x>', y: '<y>' }, series: [] }).text;
    expect(svg).not.toMatch(/<[xy]>/);
  });
});

describe('drawBars', () => {
  it.each([[[]], [[0]], [[0, 0, 0]], [[1e-9, 3]], [Array.from({ length: 512 }, (_, i) => i)]])(
    'gives finite coordinates and one bar per value: case %#',
    (values) => {
      const bars = values.map((value, i) => ({ name: `z${i}`, value }));
      const svg = drawBars('KL', labels, bars).text;
      expect(coordinates(svg).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      expect(count(svg, 'rect')).toBe(values.length);
    },
  );
});
