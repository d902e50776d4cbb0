import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheRoot } from './cache-root.js';

it('takes the option, then VAE_CACHE, then the cache folder of the user', () => {
  const env = { VAE_CACHE: '/v', XDG_CACHE_HOME: '/x', LOCALAPPDATA: '/l' };
  expect(cacheRoot('/option', env, 'linux')).toBe('/option');
  expect(cacheRoot(undefined, env, 'linux')).toBe('/v');
  expect(cacheRoot(undefined, { ...env, VAE_CACHE: '' }, 'linux')).toBe(join('/x', 'vae'));
  expect(cacheRoot(undefined, { LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'vae'));
  expect(cacheRoot(undefined, { LOCALAPPDATA: '/l', XDG_CACHE_HOME: 'relative' }, 'linux')).toBe(
    join(homedir(), '.cache', 'vae'),
  );
});
