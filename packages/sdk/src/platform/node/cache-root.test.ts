import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { cacheRoot } from './cache-root.js';

it('finds the folder for what is kept', () => {
  const env = { VAE_CACHE: '/v', XDG_CACHE_HOME: '/x', LOCALAPPDATA: 'C:\\l' };
  expect(cacheRoot('/own', env, 'linux')).toBe(resolve('/own'));
  expect(cacheRoot(undefined, env, 'linux')).toBe(resolve('/v'));
  expect(cacheRoot(undefined, { ...env, VAE_CACHE: '' }, 'linux')).toBe(join('/x', 'vae'));
  expect(cacheRoot(undefined, { LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'vae'));
  expect(cacheRoot(undefined, { LOCALAPPDATA: '/l', XDG_CACHE_HOME: 'relative' }, 'linux')).toMatch(
    /[\\/]\.cache[\\/]vae$/,
  );
});

it('keeps to one folder when the working directory changes', () => {
  expect(cacheRoot('kept', {})).toBe(join(process.cwd(), 'kept'));
  expect(cacheRoot(undefined, { VAE_CACHE: 'kept' })).toBe(join(process.cwd(), 'kept'));
});
