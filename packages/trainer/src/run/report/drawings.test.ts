import { describe, expect, it } from 'vitest';
import { drawHeatMap } from './heat-map.js';
import { drawScatter } from './scatter.js';

describe('drawHeatMap', () => {
  const map = {
    title: 'KL over epochs',
    labels: { x: 'epoch', y: 'dimension' },
    rows: ['z1', 'z0'],
    columns: ['1', '2', '3'],
    values: [
      [0, 1, 4],
      [0, 0, 0.25],
    ],
    unit: 'nats',
  };
  const cells = (text: string) =>
    [...text.split('</g>')[1].matchAll(/<rect x="([\d.]+)" y="([\d.]+)"[^>]*fill-opacity="([\d.]+)"/g)].map(
      ([, ...numbers]) => numbers.map(Number),
    );

  it('shades each cell by the square root of its share of the largest', () => {
    const text = drawHeatMap(map).text;
    expect(cells(text).map(([, , shade]) => shade)).toEqual([0, 0.5, 1, 0, 0, 0.25]);
    const [first, second, , below] = cells(text);
    expect(second![0]).toBeGreaterThan(first![0]);
    expect(below![1]).toBeGreaterThan(first![1]);
    for (const label of ['z1', 'z0', 'epoch', 'dimension', '4.00 nats', '>3<']) expect(text).toContain(label);
  });

  it('copes with nothing but zeros, and with more names than have room', () => {
    const count = 60;
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    const values = names.map(() => names.map(() => 0));
    const text = drawHeatMap({ ...map, rows: names, columns: names, values }).text;
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
    expect(text.match(/<text/g)!.length).toBeLessThan(count);
  });
});

describe('drawScatter', () => {
  const points = [
    [0, 0],
    [1, 1],
    [2, 0],
  ] as const;

  it('draws one colour where there are no classes', () => {
    const text = drawScatter({ axes: ['z0', 'z1'], points }).text;
    expect(text.match(/class="dots/g)).toHaveLength(1);
    expect(text).not.toContain('legend');
    expect(text).toContain('Codes of 3 samples, z0 and z1');
  });

  it('names each class that has samples, in the middle of them', () => {
    const scatter = { axes: ['z0', 'z1'] as const, points, labels: [2, 0, 2], classes: ['a', 'none', 'c'] };
    const text = drawScatter(scatter).text;
    expect([...text.matchAll(/<li class="(c\d)">(\w+) <small>(\d)/g)].map(([, ...found]) => found)).toEqual([
      ['c0', 'a', '1'],
      ['c2', 'c', '2'],
    ]);
    const place = (name: string) =>
      text.match(new RegExp(`x="([\\d.]+)" y="[\\d.]+" text-anchor="middle">${name}<`))![1];
    // The mean of 0 and 2 is where the other one lies.
    expect(place('c')).toBe(place('a'));
  });

  it('uses colours again where there are more classes than colours', () => {
    const classes = Array.from({ length: 12 }, (_, i) => `k${i}`);
    const many = classes.map((_, i) => [i, i] as const);
    const text = drawScatter({
      axes: ['z0', 'z1'],
      points: many,
      labels: classes.map((_, i) => i),
      classes,
    }).text;
    expect(text).toContain('<li class="c1">k11');
    expect(text).not.toContain('c11"');
  });
});
