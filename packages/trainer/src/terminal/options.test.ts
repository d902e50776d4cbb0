import { describe, expect, it } from 'vitest';
import {
  parseChoice,
  parseDuration,
  parseFolder,
  parseNumber,
  parseSeed,
  parseText,
  parseWhole,
  parseWholeList,
} from './options.js';

describe('option parsers', () => {
  it('take what is in range', () => {
    expect(parseWhole('-n', { min: 1, max: 10 })('10')).toBe(10);
    expect(parseNumber('--range')('-1.5e-1')).toBe(-0.15);
    expect(parseNumber('--temperature', { min: 0 })('0')).toBe(0);
    expect(parseSeed('--seed')('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseWholeList('--dimensions', { min: 0 })('0, 3,2')).toEqual([0, 3, 2]);
    expect(['90s', '1.5h', '2d', '30m'].map(parseDuration('--time-limit'))).toEqual([
      90, 5400, 172_800, 1800,
    ]);
    expect(parseChoice('--method', ['linear', 'slerp'])('slerp')).toBe('slerp');
  });

  it.each([
    [() => parseWhole('-n', { min: 1 })('0'), '-n 0 is out of range; give a whole number of at least 1.'],
    [
      () => parseWhole('-n', { min: 1, max: 9 })('1.5'),
      '-n "1.5" is not a whole number; give a whole number from 1 to 9.',
    ],
    [() => parseWhole('-n')(''), '-n "" is not a whole number; give a whole number.'],
    [() => parseWhole('-n')('0x10'), '-n "0x10" is not a whole number; give a whole number.'],
    [() => parseNumber('--range', { max: 3 })('4'), '--range 4 is out of range; give a number of at most 3.'],
    [() => parseNumber('--range')('NaN'), '--range "NaN" is not a number; give a number.'],
    [() => parseNumber('--range')('1e999'), '--range 1e999 is out of range; give a number.'],
    [
      () => parseSeed('--seed')('-1'),
      '--seed -1 is out of range; give a whole number from 0 to 9007199254740991.',
    ],
    [
      () => parseSeed('--seed')('9007199254740992'),
      '--seed 9007199254740992 is out of range; give a whole number from 0 to 9007199254740991.',
    ],
    [
      () => parseDuration('--time-limit')('90'),
      '--time-limit "90" is not a time; give a number with s, m, h or d, such as 90s or 1.5h.',
    ],
    [() => parseFolder('-o')(' '), '-o is empty; give the name of a folder.'],
    [() => parseText('<model>', 'a model')(''), '<model> is empty; give a model.'],
    [() => parseWholeList('--dimensions')('1,1'), '--dimensions "1,1": 1 is there twice.'],
    [
      () => parseWholeList('--dimensions')('1,,2'),
      '--dimensions "" is not a whole number; give a whole number.',
    ],
    [
      () => parseChoice('--method', ['linear', 'slerp'])('slrep'),
      '--method "slrep" is not known; did you mean "slerp"? Choose one of: linear, slerp.',
    ],
    [
      () => parseChoice('--device', ['auto', 'cpu', 'cuda', 'webgpu'], { gpu: ['cuda', 'webgpu'] })('GPU'),
      '--device "GPU" is not known; did you mean "cuda" or "webgpu"? Choose one of: auto, cpu, cuda, webgpu.',
    ],
    [
      () => parseChoice('--paper', ['cpu', 'cuda'])('gpu'),
      '--paper "gpu" is not known; did you mean "cpu"? Choose one of: cpu, cuda.',
    ],
    [
      () => parseChoice('--method', ['linear', 'slerp'])('constructor'),
      '--method "constructor" is not known. Choose one of: linear, slerp.',
    ],
    [
      () => parseChoice('--method', ['linear', 'slerp'])('spline-of-sorts'),
      '--method "spline-of-sorts" is not known. Choose one of: linear, slerp.',
    ],
  ])('say what is wrong: %#', (parse, message) => {
    expect(parse).toThrow(expect.objectContaining({ name: 'UsageError', code: 'usage', message }));
  });
});
