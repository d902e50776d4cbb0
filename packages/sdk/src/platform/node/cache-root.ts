import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * The folder for downloads: the option, else `$VAE_CACHE`, else `vae` in the user's cache folder: `$XDG_CACHE_HOME`,
 * `%LOCALAPPDATA%` on Windows, `~/.cache`. A relative path of the first two is made whole, so that it stays the same folder
 * when the working directory changes.
 */
export function cacheRoot(
  option?: string,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const chosen = option ?? env.VAE_CACHE;
  if (chosen) return resolve(chosen);
  // The XDG specification says to ignore a relative path.
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'vae');
  if (platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'vae');
  return join(homedir(), '.cache', 'vae');
}
