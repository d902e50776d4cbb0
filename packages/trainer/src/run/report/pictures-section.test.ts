import { describe, expect, it } from 'vitest';
import { picturesSection } from './pictures-section.js';

const image = { source: 'data:image/png;base64,AA==', width: 40, height: 20 };
const pictures = [
  { caption: 'Rows at epoch 3', image },
  { caption: 'The <film>', image: { ...image, note: '5 of 9 frames' } },
];

describe('the pictures of a run', () => {
  it('stand below each other with what was left out of them', () => {
    const { text } = picturesSection(pictures, { kind: 'image' });
    expect(text.match(/<img /g)).toHaveLength(2);
    expect(text.match(/<p class="note">/g)).toHaveLength(1);
    expect(text).toContain('alt="The &lt;film&gt;"><p class="note">5 of 9 frames</p></figure>');
    expect(picturesSection(pictures, undefined).text).toBe(text);
  });

  it('are smoothed where they are wider than the page, which shrinks them', () => {
    const of = (width: number) =>
      picturesSection([{ caption: 'x', image: { ...image, width } }], undefined).text;
    expect(of(1040)).not.toContain('class="wide"');
    expect(of(1041)).toContain('<img class="wide" src=');
  });

  it('name the columns of a table, and tell how a row is drawn where there are too many', () => {
    const named = picturesSection(pictures, { kind: 'vector', columns: ['height', 'weight'] }).text;
    expect(named).toContain('one row of the table: its values from left to right');
    expect(named).toContain('aria-label="Columns, from left to right in each drawing"');
    expect(named.indexOf('height')).toBeLessThan(named.indexOf('<img'));
    for (const columns of [undefined, Array.from({ length: 300 }, (_, i) => `c${i}`)]) {
      const { text } = picturesSection(pictures, { kind: 'vector', columns });
      expect(text).toContain('one row of the table');
      expect(text).not.toContain('<svg');
    }
  });
});
