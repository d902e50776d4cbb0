import { describe, expect, it } from 'vitest';
import { grid, type Picture, stack } from './index.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('grid', () => {
  const images = { data: Float32Array.of(0, 0.2, 0.4), shape: [3, 1, 1, 1] };

  it('lays images out row by row with white gaps', () => {
    expect(grid(images, { columns: 2, gap: 1 })).toEqual({
      width: 3,
      height: 3,
      channels: 1,
      data: bytes(0, 255, 51, 255, 255, 255, 102, 255, 255),
    });
    expect(grid(images, { gap: 0 }).data).toEqual(bytes(0, 51, 102, 255));
    expect(grid(images, { columns: 9, gap: 0 }).width).toBe(3);
  });

  it('writes a caption above, in black on white', () => {
    const plain = grid(images);
    const titled = grid(images, { caption: 'I' });
    expect(titled.width).toBe(12);
    const rows = Array.from({ length: 9 }, (_, y) => [
      ...titled.data.subarray((y + 2) * 12 + 2, (y + 2) * 12 + 7),
    ]);
    const ink = rows.map((row) => row.map((value) => (value === 0 ? '#' : '.')).join(''));
    expect(ink).toEqual(['.....', '.###.', '..#..', '..#..', '..#..', '..#..', '..#..', '.###.', '.....']);
    expect([...titled.data.subarray(-12 * plain.height, -12 * plain.height + plain.width)]).toEqual([
      ...plain.data.subarray(0, plain.width),
    ]);
  });

  it('wraps captions to narrow pictures and enlarges them on wide ones', () => {
    const narrow = grid(images, { caption: 'prior samples after epoch 12 of 20' });
    expect([narrow.width, narrow.height]).toEqual([120, 2 * 9 + 4 + 4]);
    const wide = { data: new Float32Array(700), shape: [1, 1, 1, 700] };
    expect(grid(wide, { caption: 'x' }).height).toBe((9 + 4) * 2 + 1);
  });

  it('refuses other shapes and options', () => {
    expect(() => grid({ data: new Float32Array(4), shape: [1, 2, 2] })).toThrow(
      'expected shape [N, 1 or 3, H, W]',
    );
    expect(() => grid({ data: new Float32Array(0), shape: [0, 1, 2, 2] })).toThrow('got [0, 1, 2, 2]');
    expect(() => grid({ data: new Float32Array(8), shape: [1, 2, 2, 2] })).toThrow('got [2, 2, 2]');
    expect(() => grid(images, { columns: 0 })).toThrow('columns is 0');
    expect(() => grid(images, { gap: -1 })).toThrow('gap is -1');
  });
});

describe('stack', () => {
  const grey: Picture = { width: 1, height: 1, channels: 1, data: bytes(7) };
  const colour: Picture = { width: 2, height: 1, channels: 3, data: bytes(1, 2, 3, 4, 5, 6) };

  it('puts pictures below or beside each other, in colour when one is', () => {
    expect(stack([grey, grey], 'vertical', 1).data).toEqual(bytes(7, 255, 7));
    const mixed = stack([grey, colour], 'horizontal', 0);
    expect(mixed).toEqual({ width: 3, height: 1, channels: 3, data: bytes(7, 7, 7, 1, 2, 3, 4, 5, 6) });
    expect(stack([grey, colour]).height).toBe(10);
  });

  it('refuses nothing at all', () => {
    expect(() => stack([])).toThrow('no pictures');
    expect(() => stack([grey], 'diagonal' as 'vertical')).toThrow("direction is 'diagonal'");
  });
});
