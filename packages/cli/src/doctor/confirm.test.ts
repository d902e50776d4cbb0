import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { confirmed } from './confirm.js';

function ask(answer: string, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  input.end(answer);
  return confirmed('Go on?', { input, output });
}

it.each([
  ['y\n', true],
  [' YES \n', true],
  ['n\n', false],
  ['\n', false],
  ['', false],
])('the answer %j means %s', async (answer, expected) => {
  expect(await ask(answer)).toBe(expected);
});

it('does not ask where there is no terminal', async () => {
  expect(await ask('', false)).toBe(true);
});
