import { basename } from 'node:path';
import { TrainerError } from '../errors.js';
import type { DataSource, OpenOptions } from './dataset.js';
import { type Chosen, parseArgument } from './spec.js';
import { nameOf } from './spec-options.js';
import { linesOf } from './tables/lines.js';
import { fieldOptions, ObjectTable } from './tables/object-table.js';
import type { Table } from './tables/table.js';
import { tableDataset, tableOptions } from './tables/table-dataset.js';

const jsonlOptions = { ...fieldOptions, ...tableOptions };

/**
 * One JSON value on each line: a list of numbers, or an object whose fields are numbers or lists of them.
 *
 * @example await jsonl.open('embeddings.jsonl?columns=vector&label=topic', { seed: 0 })
 */
export const jsonl: DataSource = {
  summary: 'a text file with a JSON list or object for each item',
  usage: 'jsonl:FILE[?label=FIELD][&columns=A,B][&drop=A,B]',
  options: jsonlOptions,
  async open(argument, options) {
    const { path, options: chosen, query } = parseArgument('jsonl', argument, jsonlOptions);
    if (path === undefined)
      throw new TrainerError('bad-option', 'jsonl: name a file, such as jsonl:data.jsonl.');
    const origin = {
      name: nameOf('jsonl', path, query),
      source: `the lines of ${basename(path)}`,
      openTest: (file: string) => readJsonl(file, chosen, options),
    };
    return tableDataset(await readJsonl(path, chosen, options), origin, chosen, options);
  },
};

async function readJsonl(
  path: string,
  chosen: Chosen<typeof jsonlOptions>,
  options: OpenOptions,
): Promise<Table> {
  const { signal, onNote } = options;
  const records = new ObjectTable(path, chosen, options);
  let number = 0;
  try {
    for await (const line of linesOf(path, signal)) {
      number++;
      if (line.trim() === '') continue;
      const value = parseLine(line, path, number);
      const where = `line ${number}`;
      await (Array.isArray(value) ? records.addList(value, where) : records.add(value, where));
    }
    return await records.finish(onNote);
  } catch (error) {
    await records.close();
    throw error;
  }
}

function parseLine(line: string, path: string, number: number): unknown[] | Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new TrainerError(
      'bad-data',
      `${path}: line ${number} is not JSON (${(cause as Error).message}). Write each item as a list or an object on a line of its own.`,
      { cause },
    );
  }
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new TrainerError('bad-data', `${path}: line ${number} is neither a list nor an object.`);
}
