import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { projectToPlane } from './principal-components.js';

describe('projectToPlane', () => {
  it('finds axes by hand: a cross with arms of 3 along (1, 1) and 1 along (1, -1)', () => {
    const [long, short] = [3 / Math.SQRT2, 1 / Math.SQRT2];
    const data = [long, long, -long, -long, short, -short, -short, short].map((value) => value + 10);
    const { points, shares } = projectToPlane(data, 2);
    const along = (axis: number) => Array.from({ length: 4 }, (_, i) => points[2 * i + axis]);
    [3, -3, 0, 0].forEach((value, i) => void expect(along(0)[i]).toBeCloseTo(value, 4));
    [0, 0, 1, 1].forEach((value, i) => void expect(Math.abs(along(1)[i])).toBeCloseTo(value, 4));
    expect(shares[0]).toBeCloseTo(0.9, 8);
    expect(shares[1]).toBeCloseTo(0.1, 8);
  });

  it('turns the directions of most variance into the plane, whichever columns they are in', () => {
    const [rows, columns] = [500, 12];
    const noise = normal({ seed: 1, stream: 'test' }, rows * columns);
    const deviations = Array.from({ length: columns }, (_, i) => (i === 7 ? 5 : i === 3 ? 3 : 0.1));
    const data = noise.map((value, i) => value * deviations[i % columns]);
    const { points, shares } = projectToPlane(data, columns);
    // Of 25 + 9 + 10 · 0.01 in all
    expect(shares[0]).toBeCloseTo(25 / 34.1, 1);
    expect(shares[1]).toBeCloseTo(9 / 34.1, 1);
    const [x, column] = [0, 7];
    let product = 0;
    let squares = 0;
    for (let row = 0; row < rows; row++) {
      product += points[2 * row + x] * data[row * columns + column];
      squares += points[2 * row + x] ** 2;
    }
    expect(product / squares).toBeCloseTo(1, 1);
  });

  it('puts points that are all the same at 0', () => {
    const { points, shares } = projectToPlane(new Float32Array(12).fill(4), 3);
    expect(Array.from(points)).toEqual(new Array(8).fill(0));
    expect(shares).toEqual([0, 0]);
  });
});
