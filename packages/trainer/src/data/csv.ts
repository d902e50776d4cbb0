import { createReadStream, type ReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Options as CsvOptions } from 'csv-parse';
import { TrainerError } from '../errors.js';
import { fileError } from '../files/file-error.js';
import type { DataSource, OpenOptions } from './dataset.js';
import { type Chosen, choice, names, type OptionParser, parseArgument, text } from './spec.js';
import { nameOf } from './spec-options.js';
import { ColumnChoice } from './tables/columns.js';
import { type CsvFault, describeFault, hintOfDelimiter, MAX_ROW_BYTES } from './tables/csv-fault.js';
import { CsvTable, isNumber, isText, requireUtf8 } from './tables/csv-table.js';
import { OpenFile } from './tables/file-rows.js';
import { shortened } from './tables/listed.js';
import { columnsFor } from './tables/model-columns.js';
import type { Table } from './tables/table.js';
import { tableDataset, tableOptions } from './tables/table-dataset.js';
import { UnnamedColumns } from './tables/unnamed-columns.js';

const delimiter: OptionParser<string> = {
  expected: 'one character, or tab',
  parse: (value) =>
    value === 'tab' ? '\t' : value?.length === 1 && !/["\r\n]/.test(value) ? value : undefined,
};
const csvOptions = {
  label: text,
  columns: names,
  drop: names,
  delimiter,
  header: choice('yes', 'no'),
  ...tableOptions,
};
type Options = Chosen<typeof csvOptions>;

/** Any of them may end a row of one file, as where files of two systems were put together. */
export const LINE_ENDS = ['\r\n', '\n', '\r'];

/**
 * Rows of numbers in a text file, a header above them. Columns are numbered from 0 where there is no header.
 *
 * Values are float32. Where they do not fit in memory (512 MiB), they are kept in a temporary file.
 *
 * @see RFC 4180
 * @example await csv.open('iris.csv?label=species&normalize=standard&test=0.2', { seed: 0 })
 */
export const csv: DataSource = {
  summary: 'a text file with a row of numbers for each item',
  usage: 'csv:FILE[?label=COLUMN][&columns=A,B][&drop=A,B][&delimiter=;][&header=no]',
  options: csvOptions,
  async open(argument, options) {
    const { path, options: chosen, query } = parseArgument('csv', argument, csvOptions);
    if (path === undefined) throw new TrainerError('bad-option', 'csv: name a file, such as csv:data.csv.');
    const origin = {
      name: nameOf('csv', path, query),
      source: `the rows of ${basename(path)}`,
      openTest: (file: string) => readCsv(file, chosen, options),
    };
    return tableDataset(await readCsv(path, chosen, options), origin, chosen, options);
  },
};

interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

async function readCsv(path: string, chosen: Options, options: OpenOptions): Promise<Table> {
  const { CsvError, parse } = await import('csv-parse');
  const file = await OpenFile.open(path);
  const settings: CsvOptions = {
    bom: true,
    delimiter: chosen.delimiter ?? ',',
    info: true,
    max_record_size: MAX_ROW_BYTES,
    record_delimiter: LINE_ENDS,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  };
  let source: ReadStream | undefined;
  let rows: CsvTable | undefined;
  try {
    await requireText(path, file);
    source = createReadStream(path, { highWaterMark: 2 ** 18 });
    // Nothing may be waited for from here to the loop, which is the first to hear of an error.
    const parser = source.pipe(parse(settings));
    source.on('error', (error) => parser.destroy(error));
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      options.signal?.throwIfAborted();
      if (!rows) {
        requireUtf8(path, record.join(), `line ${info.lines}`);
        requireDelimiter(path, record, chosen);
        const numbered = isRow(path, record, chosen, options);
        rows = tableFor(path, record, numbered, chosen, options);
        if (!numbered) continue;
      }
      await rows.add(record, `line ${info.lines}`);
    }
    await file.requireUnchanged();
    if (!rows) throw new TrainerError('bad-data', `${path}: the file is empty.`);
    return await rows.finish(options.onNote);
  } catch (error) {
    await rows?.close();
    throw csvError(path, error, error instanceof CsvError);
  } finally {
    source?.destroy();
    await file.close();
  }
}

/** One column with semicolons in its name is many columns, as spreadsheets part them where the comma is in numbers. */
function requireDelimiter(path: string, record: readonly string[], { delimiter: given }: Options): void {
  if (/^sep=.?$/i.test(record[0])) {
    throw new TrainerError(
      'bad-data',
      `${path}: the first line, "${record[0]}", is a sign for a spreadsheet, expected the names of the columns. Take it out, and ` +
        'say with delimiter= what parts the columns where it is no comma.',
    );
  }
  const hint = record.length === 1 && given === undefined && hintOfDelimiter(record[0]);
  if (!hint) return;
  throw new TrainerError(
    'bad-data',
    `${path}: the first line is one column, "${shortened(record[0])}". ${hint}, or "delimiter=," if it is one column.`,
  );
}

/**
 * Whether the first line is a row already. Training takes it as names unless the spec says otherwise, as column 3 may be
 * called 2019; a model that reads rows finds its own names there, or takes numbers as what they are.
 */
function isRow(
  path: string,
  record: readonly string[],
  { header }: Options,
  { model, onNote }: OpenOptions,
): boolean {
  if (header !== undefined) return header === 'no';
  if (!record.every(isNumber) || model?.columns?.every((name) => record.includes(name))) return false;
  if (!model) {
    onNote?.(
      `${path}: the first line, numbers alone, is taken as the names of the columns; if it is a row, say header=no.`,
    );
    return false;
  }
  if (model.columns)
    onNote?.(`${path}: no names in the first line, so columns are taken in the model's order.`);
  return true;
}

/** What to do about the names of a header; one with more numbers than texts may be the first row of a file without. */
const namesAdvice = (header: readonly string[]): string | undefined =>
  header.filter(isNumber).length > header.filter(isText).length
    ? 'Give every column a name of its own, or say header=no where that line is a row.'
    : undefined;

function tableFor(
  path: string,
  record: readonly string[],
  numbered: boolean,
  chosen: Options,
  options: OpenOptions,
): CsvTable {
  const header = numbered ? record.map((_, i) => String(i)) : record;
  const named = header.filter((name) => name !== '');
  const wanted = numbered ? chosen : columnsFor(path, named, chosen, options);
  const skipBad = (chosen.bad ?? (options.lenient ? 'skip' : 'refuse')) === 'skip';
  const advice = namesAdvice(header);
  const columns = new ColumnChoice(path, header, wanted, { advice, passUnnamed: true });
  // Where columns are chosen, what the others are does not matter.
  const places = wanted.columns ? [] : [...header.keys()].filter((place) => header[place] === '');
  const unnamed = new UnnamedColumns(path, places, advice);
  const needed = !numbered && options.model?.columns !== undefined && !chosen.columns;
  return new CsvTable(path, columns, { skipBad, numbered, needed, unnamed });
}

/** Looks at the first bytes: what is packed or binary would only give a strange row. */
async function requireText(path: string, file: OpenFile): Promise<void> {
  const head = new Uint8Array(Math.min(1024, file.size));
  await file.fill(head, 0);
  if (head[0] === 0x1f && head[1] === 0x8b) {
    throw new TrainerError('bad-file', `${path}: the file is packed with gzip; unpack it first.`);
  }
  const wide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (wide || head.includes(0)) {
    throw new TrainerError('bad-file', `${path}: not a text file in UTF-8; save it as CSV in UTF-8.`);
  }
}

function csvError(path: string, error: unknown, isSyntax: boolean): unknown {
  return isSyntax
    ? new TrainerError('bad-data', `${path}: ${describeFault(error as CsvFault)}`, { cause: error })
    : fileError(error, 'read', path);
}
