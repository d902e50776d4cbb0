/** Pictures that nothing here reads, by the end of their names. A phone's or a camera's folder may hold nothing else. */
export const UNREAD_PICTURES: readonly string[] = [
  '.heic',
  '.heif',
  '.bmp',
  '.jfif',
  '.jxl',
  '.jp2',
  '.psd',
  '.dng',
  '.cr2',
  '.cr3',
  '.nef',
  '.arw',
];

/**
 * How many pictures were passed over, and of which kinds.
 *
 * @param endings of their names, one for each picture
 * @example describeUnread(['.heic', '.heic']) // '2 pictures of a kind that is not read here (.heic; ...)'
 */
export function describeUnread(endings: readonly string[]): string {
  const kinds = [...new Set(endings)].sort().join(', ');
  const count = endings.length === 1 ? '1 picture' : `${endings.length} pictures`;
  return `${count} of a kind that is not read here (${kinds}; convert to JPEG or PNG)`;
}
