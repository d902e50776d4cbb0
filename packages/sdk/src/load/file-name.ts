import { VaeError } from '../errors.js';

/**
 * Letters of any script, digits, spaces and some signs, beginning with a letter, digit or underscore. So no path, no
 * drive, no URL or escape, no hidden file, and no name that Windows gives to a device or shortens.
 */
export function isPlainFileName(name: string): boolean {
  return (
    /^[\p{L}\p{N}_][\p{L}\p{N}\p{M} ._+,=@()-]{0,254}$/u.test(name) &&
    !/[. ]$/.test(name) &&
    !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)
  );
}

const deepest = 4;

/**
 * Refuses names that could lead out of a model's folder.
 *
 * @param name plain file names joined by '/'
 * @throws VaeError "bad-model"
 */
export function assertInside(name: string, where: string): void {
  const parts = name.split('/');
  if (parts.length <= deepest && parts.every(isPlainFileName)) return;
  throw new VaeError(
    'bad-model',
    `${where}: ${JSON.stringify(name.slice(0, 100))} is no plain name of a file in the model's folder.`,
  );
}
