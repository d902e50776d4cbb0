import { describe, expect, it } from 'vitest';
import { choice, flag, interval, names, parseArgument, sides, text, whole } from './spec.js';

const parsers = {
  size: sides,
  grey: flag,
  label: text,
  columns: names,
  range: interval,
  fit: choice('cover', 'stretch'),
  window: whole(1, 100),
};
const parse = (argument?: string) => parseArgument('images', argument, parsers);

describe('parseArgument', () => {
  it('takes path and options apart at the last question mark', () => {
    expect(parse()).toEqual({ path: undefined, options: {}, query: '' });
    expect(parse('a/b')).toEqual({ path: 'a/b', options: {}, query: '' });
    expect(parse('C:\\a?size=64x48&grey')).toEqual({
      path: 'C:\\a',
      options: { size: [64, 48], grey: true },
      query: '?size=64x48&grey',
    });
    expect(parse('?size=32')).toEqual({ path: undefined, options: { size: [32, 32] }, query: '?size=32' });
    expect(parse('what?.csv?').path).toBe('what?.csv');
    expect(parse('what?.csv?&grey').options).toEqual({ grey: true });
  });

  it('reads values, with % sequences decoded', () => {
    expect(parse('x?label=R%26D=1&columns=a,b c&range=-1,2.5e2&fit=stretch&window=7').options).toEqual({
      label: 'R&D=1',
      columns: ['a', 'b c'],
      range: [-1, 250],
      fit: 'stretch',
      window: 7,
    });
  });

  it.each([
    [
      'x?sise=64',
      'images: there is no option "sise". Did you mean "size"? Known: size, grey, label, columns, range, fit, window.',
    ],
    ['x?toString', 'images: there is no option "toString". Known:'],
    ['x?__proto__=1', 'images: there is no option "__proto__". Known:'],
    ['x?size=0', 'option "size" is HEIGHTxWIDTH or one number for a square, each side 1 to 4096, got "0".'],
    ['x?size=64x', 'got "64x".'],
    ['x?size', 'got nothing.'],
    ['x?grey=yes', 'images: option "grey" is given without a value, got "yes".'],
    ['x?grey&grey', 'images: the option "grey" is there twice.'],
    ['x?label=', 'option "label" is a text, got "".'],
    ['x?label=50%', 'images: "label=50%" holds a lone "%"; write it as %25.'],
    ['x?columns=a,,b', 'option "columns" is names with commas between them, got "a,,b".'],
    ['x?range=1,0', 'option "range" is LOW,HIGH with LOW below HIGH, such as 0,255, got "1,0".'],
    ['x?range=0,', 'got "0,".'],
    ['x?range=0,Infinity', 'got "0,Infinity".'],
    ['x?fit=Cover', 'option "fit" is "cover" or "stretch", got "Cover".'],
    ['x?window=101', 'option "window" is a whole number from 1 to 100, got "101".'],
    ['x?window=1e1', 'got "1e1".'],
  ])('refuses %s', (argument, message) => {
    expect(() => parse(argument)).toThrow(message);
  });

  it('says how to name a path with a question mark to a source without options', () => {
    expect(() => parseArgument('mnist', 'what?now', {})).toThrow(
      'mnist takes no options, got "now". A path that holds a "?" ends in another one.',
    );
  });
});
