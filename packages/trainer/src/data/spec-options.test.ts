import { describe, expect, it } from 'vitest';
import { inOption, optionsOf, withOptions, withoutFolders } from './spec-options.js';

describe('options of a spec', () => {
  it('are read behind the last question mark', () => {
    expect(optionsOf('csv:what?.csv?a=1&flat')).toEqual(['a=1', 'flat']);
    expect([optionsOf('csv:a.csv'), optionsOf('csv:a.csv?')]).toEqual([[], []]);
  });

  it('are added, or replaced where they are there', () => {
    expect(withOptions('csv:a.csv', { bad: 'skip' })).toBe('csv:a.csv?bad=skip');
    expect(withOptions('csv:what?.csv?', { bad: 'skip' })).toBe('csv:what?.csv?bad=skip');
    expect(withOptions('csv:a.csv?drop=a&label=b', { drop: 'a,c', bad: 'skip' })).toBe(
      'csv:a.csv?label=b&drop=a,c&bad=skip',
    );
  });

  it('keep what would end a value', () => {
    expect(inOption('a&b 5%?')).toBe('a%26b 5%25%3F');
    expect(decodeURIComponent(inOption('a&b 5%?'))).toBe('a&b 5%?');
    expect(optionsOf(withOptions('csv:a.csv', { drop: 'valid?', bad: 'skip' }))).toEqual([
      'drop=valid%3F',
      'bad=skip',
    ]);
  });

  it('lose their folders in the name of data', () => {
    expect(
      [
        'csv:a.csv?label=m/kind&test=/home/me/b%26c.csv&bad=skip',
        'npy:a.npy?label=m1/y.npy&test=0.1',
        'npz:a.npz#x?label=y/z&test=#x_test',
        'csv:what?.csv',
        'digits',
      ].map(withoutFolders),
    ).toEqual([
      'csv:a.csv?label=m/kind&test=b%26c.csv&bad=skip',
      'npy:a.npy?label=y.npy&test=0.1',
      'npz:a.npz#x?label=y/z&test=#x_test',
      'csv:what?.csv',
      'digits',
    ]);
  });
});
