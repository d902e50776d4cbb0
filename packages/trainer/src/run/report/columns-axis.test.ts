import { describe, expect, it } from 'vitest';
import { drawColumnsAxis } from './columns-axis.js';

const ticks = (text: string): number[] =>
  [...text.matchAll(/<line class="axis" x1="([\d.]+)" x2="\1"/g)].map(([, x]) => Number(x));

describe('the axis of a row', () => {
  it('has a tick for each column, in the middle of its bar', () => {
    const { text } = drawColumnsAxis(['a', 'b <2>', 'c', 'd', 'e'])!;
    // Five equal parts of 0 to 360, as the drawings spread bars over their whole width.
    expect(ticks(text)).toEqual([36, 108, 180, 252, 324]);
    expect([...text.matchAll(/<text[^>]*>([^<]*)/g)].map(([, name]) => name)).toEqual([
      'a',
      'b &lt;2&gt;',
      'c',
      'd',
      'e',
    ]);
  });

  it('has level names where they fit between two ticks, and upended ones elsewhere', () => {
    // Bars of three columns are 120 wide, which is 18 letters of 6.5; of four, 90 wide, which is 13.
    const long = 'x'.repeat(16);
    expect(drawColumnsAxis([long, 'b', 'c'])!.text).not.toContain('rotate');
    expect(drawColumnsAxis([long, 'b', 'c', 'd'])!.text.match(/rotate\(90\)/g)).toHaveLength(4);
  });

  it('cuts long names, and leaves room for the longest', () => {
    const others = Array.from({ length: 18 }, () => 'a');
    const heightOf = (name: string) =>
      Number(/viewBox="0 0 360 ([\d.]+)"/.exec(drawColumnsAxis([...others, name])!.text)![1]);
    const { text } = drawColumnsAxis(['x'.repeat(40)])!;
    expect(text).toContain(`>${'x'.repeat(23)}…<`);
    expect(heightOf('x'.repeat(40))).toBe(heightOf('x'.repeat(24)));
    expect(heightOf('xxxxx')).toBeLessThan(heightOf('xxxxxxx'));
  });

  it('is left out where names could not be told apart', () => {
    const columns = Array.from({ length: 21 }, (_, i) => `c${i}`);
    expect(drawColumnsAxis(columns)).toBeUndefined();
    expect(ticks(drawColumnsAxis(columns.slice(1))!.text)).toHaveLength(20);
    expect(drawColumnsAxis([])).toBeUndefined();
  });
});
