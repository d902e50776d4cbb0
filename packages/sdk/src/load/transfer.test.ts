import { expect, it } from 'vitest';
import { type Transfer, transferSettings } from './transfer.js';

it('fills in the defaults', () => {
  expect(transferSettings(undefined)).toMatchObject({ timeout: 30_000, maxBytes: 2 ** 31 - 1 });
});

it.each<[Record<string, unknown>, string]>([
  [{ timeout: 0 }, 'timeout is 0, expected milliseconds above 0, at most 2147483647.'],
  [{ timeout: Number.NaN }, 'timeout is NaN, expected milliseconds'],
  [{ timeout: 2 ** 31 }, 'timeout is 2147483648, expected milliseconds'],
  [{ timeout: '5' }, 'timeout is 5, expected milliseconds'],
  [{ maxBytes: 0 }, 'maxBytes is 0, expected a whole number from 1 to 2147483647.'],
  [{ maxBytes: 1.5 }, 'maxBytes is 1.5, expected a whole number'],
  [{ onProgress: true }, 'onProgress is not usable, expected a function.'],
  [{ fetch: 'x' }, 'fetch is not usable, expected a function.'],
  [{ cache: '' }, 'cache is not usable, expected true, false or a text that is not empty.'],
  [{ cache: 1 }, 'cache is not usable'],
  [{ signal: 'x' }, 'VAE.load: signal is x, expected an AbortSignal.'],
])('refuses %j', (options, text) => {
  expect(() => transferSettings(options as Transfer)).toThrow(text);
});
