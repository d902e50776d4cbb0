import { type UnzipFileFilter, unzipSync } from 'fflate';
import { crc32 } from './crc32.js';

/** What the records of an archive begin with. */
const [END, WIDE_END, WIDE_END_PLACE] = [0x06054b50, 0x06064b50, 0x07064b50];

/**
 * The files of a zip archive by their names, each compared with its checksum.
 *
 * @param filter which of them are unpacked; it hears of all in the archive's own order
 * @throws Error for what is no zip archive, and naming a file whose bytes do not have its CRC-32; what `filter` throws
 * @see PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16
 * @example unzip(await readFile('codes.npz'), ({ name }) => name === 'mean.npy')['mean.npy']
 */
export function unzip(archive: Uint8Array, filter: UnzipFileFilter = () => true): Record<string, Uint8Array> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const expected = new Map<string, number>();
  let entry: number | undefined;
  // fflate compares no checksums. It asks for one file after the other, so the archive's list is gone through beside it.
  const files = unzipSync(archive, {
    filter: (file) => {
      entry = entry === undefined ? listOf(view) : behind(view, entry);
      if (!filter(file)) return false;
      expected.set(file.name, view.getUint32(entry + 16, true));
      return true;
    },
  });
  for (const [name, bytes] of Object.entries(files)) {
    if (crc32(bytes) === expected.get(name)) continue;
    throw new Error(`the bytes of ${name} do not have its checksum, CRC-32; the file is damaged`);
  }
  return files;
}

/** Where the list of files begins (the central directory): at the end of the archive, behind a comment, stands where. */
function listOf(view: DataView): number {
  let end = view.byteLength - 22;
  while (view.getUint32(end, true) !== END) end--;
  if (view.getUint32(end - 20, true) !== WIDE_END_PLACE) return view.getUint32(end + 16, true);
  const wide = view.getUint32(end - 12, true);
  return view.getUint32(wide, true) === WIDE_END
    ? view.getUint32(wide + 48, true)
    : view.getUint32(end + 16, true);
}

/** Where the next entry of the list begins: its name, extra field and comment have lengths of their own. */
const behind = (view: DataView, entry: number): number =>
  [28, 30, 32].reduce((at, length) => at + view.getUint16(entry + length, true), entry + 46);
