import { basename } from 'node:path';
import { TrainerError } from '../errors.js';
import { sizeOf } from '../graph/shape.js';
import { counted } from '../text/counted.js';
import type { DataSource } from './dataset.js';
import { readIdx } from './idx.js';
import { parseArgument, text } from './spec.js';
import { nameOf } from './spec-options.js';
import { LabelCollector } from './tables/labels.js';
import type { Labels, Table } from './tables/table.js';
import { tableDataset, tableOptions } from './tables/table-dataset.js';

const idxOptions = { label: text, ...tableOptions };

/**
 * An IDX file of bytes, plain or packed, whose first axis counts the items: N×H×W are grey images.
 *
 * @example await idx.open('train-images-idx3-ubyte.gz?label=train-labels-idx1-ubyte.gz', { seed: 0 })
 */
export const idx: DataSource = {
  summary: 'an IDX file of images, such as those of MNIST',
  usage: 'idx:FILE[?label=FILE]',
  options: idxOptions,
  async open(argument, options) {
    const { path, options: chosen, query } = parseArgument('idx', argument, idxOptions);
    if (path === undefined)
      throw new TrainerError('bad-option', 'idx: name a file, such as idx:images-idx3-ubyte.gz.');
    const table = await readTable(path);
    const labels = chosen.label === undefined ? undefined : await readLabels(chosen.label, table);
    const origin = {
      name: nameOf('idx', path, query),
      source: `the images in ${basename(path)}`,
      openTest: readTable,
    };
    return tableDataset({ ...table, ...(labels && { labels }) }, origin, chosen, options);
  },
};

async function readTable(path: string): Promise<Table> {
  const { dims, data } = await readIdx(path);
  const [size, ...rest] = dims as [number, ...number[]];
  const itemShape = rest.length > 0 ? rest : [1];
  const width = sizeOf(itemShape);
  return {
    file: path,
    size,
    itemShape,
    bytes: true,
    where: (index) => `item ${index}`,
    read: (indices, out) => {
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i] * width;
        out.set(data.subarray(from, from + width), i * width);
      }
    },
  };
}

async function readLabels(path: string, items: Table): Promise<Labels> {
  const { dims, data } = await readIdx(path);
  if (dims.length !== 1 || dims[0] !== items.size) {
    throw new TrainerError(
      'bad-data',
      `${path}: holds ${dims.join('×')} labels, but ${items.file} has ${counted(items.size, 'item')}; the files do not belong together.`,
    );
  }
  const labels = new LabelCollector(path);
  for (const [index, label] of data.entries()) labels.add(String(label), `item ${index}`);
  return labels.finish();
}
