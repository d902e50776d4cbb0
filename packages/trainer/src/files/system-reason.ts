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
  ENXIO: 'there is nobody at its other end',
  EIO: 'the device reports an error',
  ENODEV: 'there is no such device',
  ENOTSUP: 'the system cannot do that there',
  ENOSYS: 'the system cannot do that there',
  ESTALE: 'its network folder is gone',
};

/** A system error in the user's words, such as "permission denied"; undefined for any other error. */
export function systemReason(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === undefined ? undefined : reasons[code];
}
