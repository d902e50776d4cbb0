import { createReadStream } from 'node:fs';
import { csv, LINE_ENDS } from '../data/csv.js';
import type { Dataset, OpenOptions } from '../data/dataset.js';
import { openDataset } from '../data/open.js';
import { parseArgument } from '../data/spec.js';
import { withOptions } from '../data/spec-options.js';
import { isText } from '../data/tables/csv-table.js';
import { shortened } from '../data/tables/listed.js';
import { TrainerError } from '../errors.js';
import { counted } from '../text/counted.js';

/** A column of a table that holds words, which no training takes as they are. */
export interface TextColumn {
  readonly name: string;
  /** Different words; no more than 1,000 are counted. */
  readonly distinct: number;
  /** The first few of them. */
  readonly examples: readonly string[];
}

/** Data to look at, and what had to be left out to open them. */
export interface Opened {
  readonly dataset: Dataset;
  /** The data set as it was opened: with `drop=` for columns of text. */
  readonly spec: string;
  readonly texts: readonly TextColumn[];
}

const MAX_DISTINCT = 1000;
const EXAMPLES = 3;
/** Lines that are shown; more columns are counted. */
const SHOWN = 20;

/**
 * Opens data to look at them. A CSV table with columns of text is opened without those.
 *
 * @throws TrainerError as `openDataset`, where leaving out columns of text does not help
 * @example (await openWithoutText('csv:people.csv', { seed: 0 })).spec // 'csv:people.csv?drop=name,city'
 */
export async function openWithoutText(spec: string, options: OpenOptions): Promise<Opened> {
  const open = async (tried: string) => {
    const notes: string[] = [];
    const dataset = await openDataset(tried, { ...options, onNote: (note) => void notes.push(note) });
    for (const note of notes) options.onNote?.(note);
    return dataset;
  };
  try {
    return { dataset: await open(spec), spec, texts: [] };
  } catch (error) {
    if (!spec.startsWith('csv:') || !(error instanceof TrainerError) || error.code !== 'bad-data')
      throw error;
    // What else is wrong with the file is in the error already.
    const { texts, dropped } = await findText(spec).catch(() => {
      throw error;
    });
    const names = [...dropped, ...texts.map(({ name }) => name)];
    // A comma parts names in an option.
    if (texts.length === 0 || names.some((name) => name.includes(','))) throw error;
    const without = withOptions(spec, { drop: names.join(',') });
    const dataset = await open(without).catch(() => {
      throw error;
    });
    return { dataset, spec: without, texts };
  }
}

interface TableOptions {
  readonly label?: string;
  readonly columns?: readonly string[];
  readonly drop?: readonly string[];
  readonly delimiter?: string;
  readonly header?: 'yes' | 'no';
}

/** The columns of text among those that are chosen, and those that are left out already. */
async function findText(spec: string) {
  const { path, options } = parseArgument('csv', spec.slice('csv:'.length), csv.options!);
  const { label, columns, drop = [], delimiter = ',', header } = options as TableOptions;
  const { parse } = await import('csv-parse');
  const settings = {
    bom: true,
    delimiter,
    record_delimiter: LINE_ENDS,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  };
  const source = createReadStream(path!);
  const records = source.pipe(parse(settings));
  source.on('error', (error) => records.destroy(error));
  let names: readonly string[] | undefined;
  const words = new Map<string, Set<string>>();
  for await (const record of records as AsyncIterable<string[]>) {
    const isHeader = names === undefined && header !== 'no';
    names ??= isHeader ? record : record.map((_, i) => String(i));
    if (!isHeader) collect(record, names, words);
  }
  const isChosen = (name: string) =>
    name !== label && !drop.includes(name) && columns?.includes(name) !== false;
  const texts = (names ?? []).filter((name) => words.has(name) && isChosen(name));
  return { dropped: drop, texts: texts.map((name) => summaryOf(name, words.get(name)!)) };
}

function collect(record: readonly string[], names: readonly string[], words: Map<string, Set<string>>): void {
  // Rows of another length are left out, or refused, whatever they hold.
  if (record.length !== names.length) return;
  for (const [i, field] of record.entries()) {
    // Numbers in another notation, such as 0x10, are to be written otherwise, not left out.
    if (!isText(field) || !Number.isNaN(Number(field))) continue;
    const seen = words.get(names[i]) ?? new Set();
    if (seen.size < MAX_DISTINCT) seen.add(field);
    words.set(names[i], seen);
  }
}

const summaryOf = (name: string, words: ReadonlySet<string>): TextColumn => ({
  name,
  distinct: words.size,
  examples: [...words].slice(0, EXAMPLES),
});

/** A line for each column of text: the first 20, and how many more there are. */
export function describeText(texts: readonly TextColumn[]): string[] {
  const shown = texts.slice(0, SHOWN);
  const width = Math.max(...shown.map(({ name }) => shortened(name).length));
  const more = texts.length - SHOWN;
  const lines = shown.map(({ name, distinct, examples }) => {
    const count = distinct < MAX_DISTINCT ? String(distinct) : `${MAX_DISTINCT} or more`;
    const some = examples.map((word) => `"${shortened(word)}"`).join(', ');
    return `${shortened(name).padEnd(width)}  text, ${count} different: ${some}${distinct > EXAMPLES ? ', …' : ''}`;
  });
  return more > 0 ? [...lines, `… and ${counted(more, 'more column')} of text`] : lines;
}
