import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import { interpolate, interpolateGrid, interpolatePath } from './index.js';

const rowsOf = ({ data, shape }: { data: Float32Array; shape: readonly number[] }) =>
  Array.from({ length: shape[0]! }, (_, i) => [...data.slice(2 * i, 2 * i + 2)]);

describe('interpolatePath', () => {
  it('has each given point once and as many steps in each leg', () => {
    expect(interpolatePath([[0], [2], [6]], { steps: 3 })).toEqual({
      data: Float32Array.of(0, 1, 2, 4, 6),
      shape: [5, 1],
    });
    expect(interpolatePath([[0], [2], [6]], { steps: 2 }).data).toEqual(Float32Array.of(0, 2, 6));
  });

  it('loops when closed, without the first point a second time', () => {
    expect(interpolatePath([[0], [2], [6]], { steps: 3, closed: true })).toEqual({
      data: Float32Array.of(0, 1, 2, 4, 6, 3),
      shape: [6, 1],
    });
  });

  it('is interpolate for two points, by either method', () => {
    const [a, b] = [
      [1, 0],
      [0, 2],
    ];
    for (const method of ['linear', 'slerp'] as const)
      expect(interpolatePath([a!, b!], { steps: 5, method })).toEqual(
        interpolate(a!, b!, { steps: 5, method }),
      );
  });

  it('goes along great circles with slerp', () => {
    const path = interpolatePath(
      [
        [1, 0],
        [0, 1],
        [-1, 0],
      ],
      { steps: 4, method: 'slerp' },
    );
    // Six thirds of a quarter turn.
    for (const [i, point] of rowsOf(path).entries()) {
      expect(point[0]).toBeCloseTo(Math.cos((i * Math.PI) / 6), 6);
      expect(point[1]).toBeCloseTo(Math.sin((i * Math.PI) / 6), 6);
    }
  });

  it.each([
    // A half circle but for 2e-6 rad, whose middle is a quarter turn away; nearer to opposite it is straight.
    [2e-6, 1],
    [1.1e-6, 1],
    [0.9e-6, 0.45e-6],
  ])('keeps its digits %d rad from opposite', (short, y) => {
    const { data } = interpolate([1, 0, 0], [-1, short, 0], { steps: 3, method: 'slerp' });
    expect(data[3]).toBeCloseTo(0, 6);
    expect(data[4]).toBeCloseTo(y, 7);
  });

  it('takes a batch or a list of tensors, of any latent shape', () => {
    const batch = { data: Float32Array.of(0, 0, 2, 4), shape: [2, 1, 1, 2] };
    const list = [0, 1].map((i) => ({ data: batch.data.subarray(2 * i, 2 * i + 2), shape: [1, 1, 2] }));
    const expected = { data: Float32Array.of(0, 0, 1, 2, 2, 4), shape: [3, 1, 1, 2] };
    expect(interpolatePath(batch, { steps: 3 })).toEqual(expected);
    expect(interpolatePath(list, { steps: 3 })).toEqual(expected);
  });

  it.each<[() => unknown, string]>([
    [() => interpolatePath([[0]]), 'interpolatePath: 1 points, expected two or more'],
    [() => interpolatePath([[0], [1, 2]]), 'interpolatePath: point 1 is [2], point 0 [1]; make them alike'],
    [() => interpolatePath([0, 1, 2]), 'interpolatePath point 0: expected { data, shape }'],
    [() => interpolatePath(Float32Array.of(0, 1)), 'points of shape [2], expected [P, ...latent]'],
    [() => interpolatePath([[0], [1]], { steps: 1 }), 'interpolatePath: steps is 1'],
    [() => interpolatePath([[0], [1]], { method: 'cubic' as 'slerp' }), "method is 'cubic'"],
  ])('refuses %s', (failing, text) => {
    expect(failing).toThrow(text);
    expect(failing).toThrow(VaeError);
  });
});

describe('interpolateGrid', () => {
  it('is bilinear, row by row from the top left', () => {
    expect(interpolateGrid([[0], [2], [4], [6]], { rows: 3 })).toEqual({
      data: Float32Array.of(0, 1, 2, 2, 3, 4, 4, 5, 6),
      shape: [9, 1],
    });
    expect(interpolateGrid([[0], [3], [6], [9]], { rows: 2, columns: 4 }).data).toEqual(
      Float32Array.of(0, 1, 2, 3, 6, 7, 8, 9),
    );
  });

  it('goes along great circles down the edges and across, with slerp', () => {
    const angle = (degrees: number) => [
      Math.cos((degrees * Math.PI) / 180),
      Math.sin((degrees * Math.PI) / 180),
    ];
    const corners = [0, 40, 20, 80].map(angle);
    const points = rowsOf(interpolateGrid(corners, { rows: 3, columns: 3, method: 'slerp' }));
    for (const [i, degrees] of [0, 20, 40, 10, 35, 60, 20, 50, 80].entries()) {
      expect(points[i]![0]).toBeCloseTo(angle(degrees)[0]!, 6);
      expect(points[i]![1]).toBeCloseTo(angle(degrees)[1]!, 6);
    }
  });

  it.each<[() => unknown, string]>([
    [() => interpolateGrid([[0], [1], [2]]), '3 latents, expected the top left, top right, bottom left and'],
    [
      () => interpolateGrid([[0], [1], [2], [3]], { rows: 1 }),
      'interpolateGrid: rows is 1, expected a whole',
    ],
    [() => interpolateGrid([[0], [1], [2], [3]], { columns: 2.5 }), 'columns is 2.5'],
    [() => interpolateGrid([[0], [1], [2], [3]], { method: 'x' as 'slerp' }), "method is 'x'"],
  ])('refuses %s', (failing, text) => {
    expect(failing).toThrow(text);
    expect(failing).toThrow(VaeError);
  });
});
