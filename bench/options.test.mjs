import { expect, it } from 'vitest';
import { OptionError, parseOptions } from './options.mjs';

it('has a short default and a long one', () => {
  expect(parseOptions([])).toMatchObject({
    work: ['seed-cvae', 'seed-mlp'],
    batches: [128],
    threads: [1, 2],
  });
  const all = parseOptions(['--all']);
  expect([all.work.length, all.batches]).toEqual([6, [64, 128, 512]]);
});

it('takes one row', () => {
  const words = [
    '--suite',
    'training',
    '--work',
    'seed-mlp',
    '--batch',
    '64',
    '--threads',
    '1',
    '--peers',
    'torch',
  ];
  expect(parseOptions([...words, '--seconds', '0.5'])).toMatchObject({
    suites: ['training'],
    work: ['seed-mlp'],
    batches: [64],
    inferenceBatches: [64],
    threads: [1],
    peers: ['torch'],
    seconds: 0.5,
  });
});

it.each([
  [['--peers', 'pytorch'], '--peers: there is no "pytorch". Known: ours, torch'],
  [['--batch', '0'], '--batch: "0" is not a whole number above 0.'],
  [['--rounds', '1.5'], '--rounds: "1.5" is not a whole number above 0.'],
  [['--suite', ''], '--suite: nothing is named.'],
  [['--speed', '9'], "Unknown option '--speed'"],
])('refuses %j', (words, text) => {
  expect(() => parseOptions(words)).toThrow(OptionError);
  expect(() => parseOptions(words)).toThrow(text);
});
