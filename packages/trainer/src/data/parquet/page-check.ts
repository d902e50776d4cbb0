import type { ColumnMetaData, DataReader, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import { checkDeltaBlocks, checkRuns } from './runs.js';

/** The most bytes that a page may unpack to; writers make pages of about one MiB. */
const MAX_PAGE_BYTES = 2 ** 28;
/** The most values that a page may hold. V8 keeps lists of more than 2^25 as tables, which take several times the memory. */
const MAX_PAGE_VALUES = 2 ** 24;

/** What the head of a page says, whichever version of pages it is. */
interface Page {
  readonly kind: 'dictionary' | 'data' | 'data-2';
  readonly values: number;
  /** How many of them are missing, where the head says so. */
  readonly nulls: number;
  readonly encoding: string;
  /** Bytes of levels that stand in front of the packed part. */
  readonly repetitionBytes: number;
  readonly definitionBytes: number;
  /** False where the values are as they are, whatever the column's codec. */
  readonly isPacked: boolean;
  /** Bytes in the file and in memory, without levels in front. */
  readonly packedBytes: number;
  readonly unpackedBytes: number;
}

/** What a column of values needs to be read. */
interface Leaf {
  readonly type: ColumnMetaData['type'];
  /** Bytes of a value where the schema says so. */
  readonly valueBytes: number;
  readonly maxRepetition: number;
  readonly maxDefinition: number;
}

type Unpack = (packed: Uint8Array, unpackedBytes: number) => Uint8Array;

/**
 * Looks through the pages of a column before hyparquet decodes them: it believes what pages say of themselves, and one that
 * says too much makes it fill memory until the process ends. Heads are read here and now, packed bytes when they are unpacked.
 *
 * @param bytes the pages of the column in one row group
 * @param path from the root of the schema to the column
 * @param unpack undoes the column's compression
 * @returns `unpack`, for the pages in their order, with a look at what comes out
 * @throws Error, as does what is returned, saying what is wrong
 */
export function checkPages(
  bytes: Uint8Array,
  meta: ColumnMetaData,
  path: readonly SchemaTree[],
  unpack: Unpack,
): Unpack {
  const leaf = leafOf(meta, path);
  const waiting = pagesOf(bytes, leaf, Number(meta.num_values)).values();
  return (packed, unpackedBytes) => {
    const page: Page | undefined = waiting.next().value;
    if (page?.packedBytes !== packed.length || page.unpackedBytes !== unpackedBytes)
      throw new Error('its pages are not where they should be');
    const unpacked = unpack(packed, unpackedBytes);
    checkValues(readerOf(unpacked), page, leaf);
    return unpacked;
  };
}

const readerOf = (bytes: Uint8Array): DataReader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

function leafOf(meta: ColumnMetaData, path: readonly SchemaTree[]): Leaf {
  const [steps, type] = [[...path], meta.type];
  const valueBytes = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8 }[type as string];
  return {
    type,
    valueBytes: valueBytes ?? path.at(-1)!.element.type_length ?? 1,
    maxRepetition: getMaxRepetitionLevel(steps),
    maxDefinition: getMaxDefinitionLevel(steps),
  };
}

/** The pages that are packed; the others are looked at already. */
function pagesOf(bytes: Uint8Array, leaf: Leaf, claimed: number): Page[] {
  const reader = readerOf(bytes);
  const packed: Page[] = [];
  let held = 0;
  // As hyparquet goes on: a single byte at the end is no page.
  while (reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const page = pageOf(header, bytes.length - reader.offset);
    if (page.kind !== 'dictionary') held += page.values;
    if (held > claimed) throw new Error(`its pages hold more than the ${claimed} values that it should have`);
    const start = reader.offset + page.repetitionBytes + page.definitionBytes;
    if (page.kind === 'data-2') checkLevels(reader, page, leaf);
    reader.offset = start + page.packedBytes;
    if (page.isPacked) packed.push(page);
    else checkValues(readerOf(bytes.subarray(start, reader.offset)), page, leaf);
  }
  if (held === claimed) return packed;
  throw new Error(`its pages hold ${held} values where there should be ${claimed}`);
}

/** @param left bytes of the column behind the head */
function pageOf(header: PageHeader, left: number): Page {
  const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
  const second = header.data_page_header_v2;
  const head = kindOf(header);
  const [repetitionBytes, definitionBytes] = second
    ? [second.repetition_levels_byte_length, second.definition_levels_byte_length]
    : [0, 0];
  const page: Page = {
    ...head,
    repetitionBytes,
    definitionBytes,
    packedBytes: packed - repetitionBytes - definitionBytes,
    unpackedBytes: unpacked - repetitionBytes - definitionBytes,
  };
  const sizes = [repetitionBytes, definitionBytes, page.packedBytes, page.unpackedBytes];
  if (!sizes.every((size) => Number.isInteger(size) && size >= 0) || packed > left)
    throw new Error(`a page claims ${packed} bytes where there are ${left}`);
  if (unpacked > MAX_PAGE_BYTES) throw new Error(`a page unpacks to ${unpacked} bytes`);
  if (!(page.values >= 0 && page.values <= MAX_PAGE_VALUES && page.nulls >= 0 && page.nulls <= page.values))
    throw new Error(`a page claims ${page.values} values, ${page.nulls} of them missing`);
  return page;
}

function kindOf(header: PageHeader): Pick<Page, 'kind' | 'values' | 'nulls' | 'encoding' | 'isPacked'> {
  const { type, data_page_header: first, data_page_header_v2: second } = header;
  const dictionary = header.dictionary_page_header;
  if (type === 'DATA_PAGE' && first && !second) {
    return { kind: 'data', values: first.num_values, nulls: 0, encoding: first.encoding, isPacked: true };
  }
  if (type === 'DICTIONARY_PAGE' && dictionary && !second) {
    return { kind: 'dictionary', values: dictionary.num_values, nulls: 0, encoding: 'PLAIN', isPacked: true };
  }
  if (type === 'DATA_PAGE_V2' && second) {
    const { num_values: values, num_nulls: nulls, encoding } = second;
    return { kind: 'data-2', values, nulls, encoding, isPacked: second.is_compressed !== false };
  }
  throw new Error(`a page of type ${type}`);
}

const bitsOf = (level: number): number => 32 - Math.clz32(level);

/** The levels of the second version of pages: each may be read up to its own length. */
function checkLevels(reader: DataReader, page: Page, { maxRepetition, maxDefinition }: Leaf): void {
  const [start, { values }] = [reader.offset, page];
  if (maxRepetition) checkRuns(reader, bitsOf(maxRepetition), values, page.repetitionBytes);
  reader.offset = start + page.repetitionBytes;
  if (maxDefinition) checkRuns(reader, bitsOf(maxDefinition), values, page.definitionBytes);
}

function checkValues(reader: DataReader, page: Page, leaf: Leaf): void {
  const held = reader.view.byteLength;
  // A value takes a bit at least.
  if (page.kind === 'dictionary' && page.values > 8 * held)
    throw new Error(`a dictionary of ${page.values} values in ${held} bytes`);
  const nulls = page.kind === 'data' ? nullsOf(reader, page, leaf) : page.nulls;
  const [count, { encoding, kind }] = [page.values - nulls, page];
  const isBoolean = leaf.type === 'BOOLEAN';
  if (encoding === 'RLE' && (isBoolean || kind === 'data-2')) checkRuns(reader, 1, count);
  else if (encoding === 'RLE' || encoding.endsWith('_DICTIONARY')) {
    const width = isBoolean && kind === 'data' ? 1 : reader.view.getUint8(reader.offset++);
    // Without a single bit there are no runs in the first version of pages.
    if (isBoolean && kind === 'data') checkRuns(reader, width, count);
    else if (width > 0 || kind === 'data-2') checkRuns(reader, width, count, held - reader.offset);
  } else if (encoding === 'BYTE_STREAM_SPLIT') {
    if (count * leaf.valueBytes > held) throw new Error(`a page of ${count} values in ${held} bytes`);
  } else if (encoding === 'DELTA_BINARY_PACKED' || encoding === 'DELTA_LENGTH_BYTE_ARRAY') {
    checkDeltaBlocks(reader);
  } else if (encoding !== 'PLAIN')
    throw new Error(`values in the encoding ${encoding}, which is not read here`);
}

/** Walks over the levels that begin a page of the first version. */
function nullsOf(reader: DataReader, page: Page, { maxRepetition, maxDefinition }: Leaf): number {
  if (maxRepetition) checkRuns(reader, bitsOf(maxRepetition), page.values);
  if (!maxDefinition) return 0;
  const start = reader.offset;
  checkRuns(reader, bitsOf(maxDefinition), page.values);
  if (page.encoding === 'PLAIN') return 0;
  const levels = new Uint8Array(page.values);
  readRleBitPackedHybrid({ view: reader.view, offset: start }, bitsOf(maxDefinition), levels);
  let nulls = 0;
  for (const level of levels) if (level !== maxDefinition) nulls++;
  return nulls;
}
