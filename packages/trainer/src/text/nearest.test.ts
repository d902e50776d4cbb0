import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.js';

describe('nearest', () => {
  it.each([
    ['slrep', ['linear', 'slerp'], 'slerp'],
    ['Sampel', ['encode', 'sample'], 'sample'],
    ['reconstuct', ['interpolate', 'reconstruct'], 'reconstruct'],
    ['cud', ['cpu', 'cuda'], 'cuda'],
    ['', ['cpu'], undefined],
    ['zz', ['ab'], undefined],
    ['quaternion', ['linear', 'slerp'], undefined],
    ['slerp', [], undefined],
  ])('%s among %j is %s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });
});
