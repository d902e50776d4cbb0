import type { DataReader } from 'hyparquet';
import { readVarInt } from 'hyparquet/src/thrift.js';

/** A packed run holds groups of eight values, so the last group may hold up to seven more than are left. */
const PADDING = 7;

/**
 * Walks over runs of the RLE / bit-packing hybrid without decoding them, and leaves the reader behind them.
 *
 * hyparquet repeats a value as often as a run says, whatever there is room for, and reads on where runs end too early; so one
 * that says too much would fill memory.
 *
 * @param width bits of a value
 * @param count values that the runs must hold
 * @param length bytes of the runs; left out, they begin with it
 * @throws Error for runs of more or fewer values
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */
export function checkRuns(reader: DataReader, width: number, count: number, length?: number): void {
  const bytes = length ?? reader.view.getUint32(reader.offset, true);
  if (length === undefined) reader.offset += 4;
  const end = reader.offset + bytes;
  if (!(bytes >= 0 && end <= reader.view.byteLength))
    throw new Error(`runs of ${bytes} bytes reach beyond the page`);
  let left = count;
  while (left > 0 && reader.offset < end) {
    const header = readVarInt(reader);
    const packed = (header & 1) === 1;
    const values = packed ? 8 * (header >> 1) : header >>> 1;
    if (!(values >= 0 && values <= left + (packed ? PADDING : 0)))
      throw new Error(`a run holds ${values} values where ${left} are left`);
    reader.offset += packed ? (values / 8) * width : Math.ceil(width / 8);
    left -= values;
  }
  if (left > 0) throw new Error(`runs hold ${count - left} of ${count} values`);
  reader.offset = end;
}

/**
 * Looks at the head of delta-packed numbers.
 *
 * @throws Error for blocks that hyparquet would not come to the end of
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC
 */
export function checkDeltaBlocks(reader: DataReader): void {
  const [block, parts] = [readVarInt(reader), readVarInt(reader)];
  if (block > 0 && parts > 0 && block % (32 * parts) === 0) return;
  throw new Error(`delta-packed blocks of ${block} values in ${parts} parts`);
}
