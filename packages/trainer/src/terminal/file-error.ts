import { UsageError } from './run-command.js';

/** What the user can understand of the system's error codes. */
const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links run in a circle',
  EMFILE: 'too many files are open',
  EBUSY: 'it is in use',
  EINVAL: 'the system refuses this name',
  ERR_INVALID_ARG_VALUE: 'the system refuses this name',
  EFBIG: 'it is too large',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
  EEXIST: 'a file of that name is in the way',
  ENOTEMPTY: 'the folder is not empty',
};

/**
 * Turns a file system error into a one-line error for the user; any other error comes back unchanged.
 *
 * @param action what was tried: 'read', 'write'
 * @example try { readFileSync(path) } catch (error) { throw fileError(error, 'read', path) }
 */
export function fileError(error: unknown, action: string, path: string): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined) return error;
  return new UsageError(`Cannot ${action} "${path}": ${reason}.`, { cause: error });
}
