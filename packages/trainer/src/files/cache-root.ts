import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

// As the SDK's platform/node/cache-root.ts: each of its subpaths is for pages too, where there is no such folder.
/**
 * The folder for downloads, the same as the SDK's: the option, else `$VAE_CACHE`, else `vae` in the user's cache folder:
 * `$XDG_CACHE_HOME`, `%LOCALAPPDATA%` on Windows, `~/.cache`.
 */
export function cacheRoot(
  cacheDir?: string,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (cacheDir !== undefined) return cacheDir;
  if (env.VAE_CACHE) return env.VAE_CACHE;
  // The XDG specification says to ignore a relative path.
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'vae');
  if (platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'vae');
  return join(homedir(), '.cache', 'vae');
}
