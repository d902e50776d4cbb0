import type { Compressors } from 'hyparquet';

/** Undoes each of Parquet's compressions into no more bytes than a page says. */
export async function compressorsOf(): Promise<Required<Compressors>> {
  const { compressors, decompressZstd } = await import('hyparquet-compressors');
  return {
    ...compressors,
    UNCOMPRESSED: (packed: Uint8Array) => packed,
    // Without a place to unpack to, the library makes as much room as the data ask for.
    ZSTD: (packed: Uint8Array, length: number) => decompressZstd(packed, new Uint8Array(length)),
  } as Required<Compressors>;
}
