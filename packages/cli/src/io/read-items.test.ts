import { describe, expect, it } from 'vitest';
import { assertItems } from './read-items.js';

describe('what a user says of items', () => {
  it.each<[string[], Parameters<typeof assertItems>[1], string]>([
    [
      ['a.png'],
      { data: 'digits' },
      '--data digits and the input "a.png" exclude each other; give one of them.',
    ],
    [
      [],
      { data: 'digits', fit: 'cover' },
      '--fit cover is for pictures that are given as files; leave it out,',
    ],
    [[], { fit: 'fill' }, '--fit fill is for pictures that are given as files;'],
  ])('is refused: %j %o', (inputs, said, message) => {
    expect(() => assertItems(inputs, said)).toThrow(message);
  });

  it.each<[string[], Parameters<typeof assertItems>[1]]>([
    [['a.png'], { fit: 'cover' }],
    [[], { data: 'digits' }],
    [[], {}],
  ])('is taken: %j %o', (inputs, said) => {
    expect(() => assertItems(inputs, said)).not.toThrow();
  });
});
