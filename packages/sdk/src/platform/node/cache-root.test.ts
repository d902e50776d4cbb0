import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheRoot } from './cache-root.js';

it('finds the folder for what is kept', () => {
  const env = { VAE_CACHE: '/v', XDG_CACHE_HOME: '/x', LOCALAPPDATA: 'C:\\l' };
  expect(cacheRoot('/own', env, 'linux')).toBe('/own');
  expect(cacheRoot(undefined, env, 'linux')).toBe('/v');
  expect(cacheRoot(undefined, { ...env, VAE_CACHE: '' }, 'linux')).toBe(join('/x', 'vae'));
  expect(cacheRoot(undefined, { LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'vae'));
  expect(cacheRoot(undefined, { LOCALAPPDATA: '/l', XDG_CACHE_HOME: 'relative' }, 'linux')).toMatch(
    /[\\/]\.cache[\\/]vae$/,
  );
});
