import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { isVaeError, VaeError } from './errors.js';

it('recognises errors of another copy of the package and nothing else', () => {
  const cause = new Error('inner');
  const error = new VaeError('bad-input', 'x: wrong', { cause });
  expect([error.name, error.code, error.message, error.cause]).toEqual([
    'VaeError',
    'bad-input',
    'x: wrong',
    cause,
  ]);
  expect(isVaeError(error)).toBe(true);
  // What a second copy would make: another class, the same marker.
  const foreign = Object.assign(new Error('y'), {
    code: 'not-found',
    [Symbol.for('@vae/sdk/VaeError')]: true,
  });
  expect(isVaeError(foreign)).toBe(true);
  // And one in another frame, whose errors are no instances of ours.
  const realm = "Object.assign(new Error('z'), { [Symbol.for('@vae/sdk/VaeError')]: true })";
  expect(isVaeError(runInNewContext(realm))).toBe(true);
  for (const value of [cause, undefined, null, 'VaeError', { name: 'VaeError' }])
    expect(isVaeError(value)).toBe(false);
});
