import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.js';

describe('a name that is nowhere', () => {
  it('is taken for nothing else where none is near', () => {
    expect(nearest('mnist', ['mnist-conv', 'digits'])).toBeUndefined();
    expect(nearest('digit', ['mnist-conv', 'digits'])).toBe('digits');
    expect(nearest('ab', ['cd'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
