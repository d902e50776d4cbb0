import { basename } from 'node:path';
import { TrainerError } from '../errors.js';
import type { DataSource } from './dataset.js';
import { parseArgument, text } from './spec.js';
import { nameOf } from './spec-options.js';
import { npyLabels, npyTable } from './tables/npy-table.js';
import type { Table } from './tables/table.js';
import { tableDataset, tableOptions } from './tables/table-dataset.js';

const npyOptions = { label: text, ...tableOptions };

/**
 * A NumPy array whose first axis counts the items: [N, D] are vectors, [N, H, W], [N, C, H, W] and [N, H, W, C] images.
 *
 * Files beyond 512 MiB are not read into memory: their rows are read when a batch needs them.
 *
 * @example await npy.open('faces.npy?range=-1,1&label=names.npy&test=0.1', { seed: 0 })
 */
export const npy: DataSource = {
  summary: 'a NumPy array of vectors or images',
  usage: 'npy:FILE[?label=FILE]',
  options: npyOptions,
  async open(argument, options) {
    const { path, options: chosen, query } = parseArgument('npy', argument, npyOptions);
    if (path === undefined) throw new TrainerError('bad-option', 'npy: name a file, such as npy:data.npy.');
    const table = await npyTable(path);
    const labelled = chosen.label === undefined ? table : await withLabels(table, chosen.label);
    const origin = {
      name: nameOf('npy', path, query),
      source: `the array in ${basename(path)}`,
      openTest: (file: string) => npyTable(file),
    };
    return tableDataset(labelled, origin, chosen, options);
  },
};

async function withLabels(table: Table, path: string): Promise<Table> {
  const labels = await npyTable(path);
  try {
    return { ...table, labels: await npyLabels(labels, table) };
  } finally {
    await labels.close?.();
  }
}
