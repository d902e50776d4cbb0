import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TrainerError } from '../errors.js';
import { fileError } from '../files/file-error.js';
import { readWav } from './audio/read-wav.js';
import type { DataSource, OpenOptions } from './dataset.js';
import { describeOutside } from './outside-folders.js';
import { type Chosen, parseArgument, text, whole } from './spec.js';
import { LabelCollector } from './tables/labels.js';
import { RowStore } from './tables/row-store.js';
import type { Table } from './tables/table.js';
import { tableDataset, tableOptions } from './tables/table-dataset.js';

const { bad } = tableOptions;
/** Samples in the shortest window. */
const MIN_WINDOW = 16;
const audioOptions = { window: whole(MIN_WINDOW, 65_536), hop: whole(1, 1_000_000), bad, test: text };
type Options = Chosen<typeof audioOptions>;

const DEFAULT_WINDOW = 1024;

/**
 * Windows of the WAV files in a folder and the folders below it: `window` samples each, every `hop` samples, all channels mixed
 * to one, between −1 and 1. What is left at the end of a file is left out. Files must have one sampling rate. Folders right below
 * are the classes.
 *
 * @example await audio.open('drums?window=2048&hop=512', { seed: 0 })
 */
export const audio: DataSource = {
  summary: 'WAV files in a folder, cut into windows',
  usage:
    'audio:DIR[?window=SAMPLES][&hop=SAMPLES][&bad=skip][&test=SHARE|COUNT|DIR]; windows of 1024 samples side by side',
  options: audioOptions,
  async open(argument, options) {
    const { path, options: chosen, query } = parseArgument('audio', argument, audioOptions);
    if (path === undefined)
      throw new TrainerError('bad-option', 'audio: name a folder, such as audio:drums.');
    const origin = {
      name: `audio:${basename(path)}${query}`,
      source: `windows of the WAV files in ${basename(path)}`,
      kind: 'audio' as const,
      range: [-1, 1] as const,
      openTest: (folder: string) => readAudio(folder, chosen, options),
    };
    return tableDataset(
      await readAudio(path, chosen, options),
      origin,
      { test: chosen.test, bad: chosen.bad },
      options,
    );
  },
};

async function readAudio(
  folder: string,
  { window = DEFAULT_WINDOW, hop = window }: Options,
  options: OpenOptions,
): Promise<Table> {
  const files = await listWav(folder);
  const rows = new RowStore(window);
  const folders = files.map(folderOf);
  const outside = files.filter((_, i) => folders[i] === undefined);
  const labels = outside.length === 0 ? new LabelCollector(folder) : undefined;
  let rate: number | undefined;
  let short = 0;
  let longest = 0;
  try {
    for (const [i, name] of files.entries()) {
      options.signal?.throwIfAborted();
      const sound = await readWav(join(folder, name));
      rate ??= sound.rate;
      if (sound.rate !== rate) {
        throw new TrainerError(
          'bad-data',
          `${join(folder, name)}: ${sound.rate} samples per second, the files before have ${rate}. Convert them to one rate.`,
        );
      }
      if (sound.samples.length < window) short++;
      longest = Math.max(longest, sound.samples.length);
      for (let from = 0; from + window <= sound.samples.length; from += hop) {
        await rows.append(sound.samples.subarray(from, from + window));
        labels?.add(folders[i]!, `${name}, sample ${from}`);
      }
    }
    if (rows.size === 0) throw tooShort(folder, longest, window);
    await rows.finish();
  } catch (error) {
    await rows.close();
    throw error;
  }
  if (short > 0)
    options.onNote?.(
      `${folder}: ${short} of ${files.length} files are shorter than a window of ${window} samples.`,
    );
  const classes = new Set(folders.filter((name) => name !== undefined)).size;
  if (outside.length > 0 && classes > 0)
    options.onNote?.(`${folder}: ${describeOutside('file', outside, classes)}.`);
  return {
    file: folder,
    size: rows.size,
    itemShape: [window],
    where: (index) => `window ${index + 1}`,
    ...(labels && { labels: labels.finish() }),
    read: (indices, out) => rows.read(indices, out),
    close: () => rows.close(),
  };
}

function tooShort(folder: string, longest: number, window: number): TrainerError {
  const advice = longest < MIN_WINDOW ? '' : ` Choose a shorter one, such as window=${longest}.`;
  return new TrainerError(
    'bad-data',
    `${folder}: no file is as long as a window of ${window} samples; the longest has ${longest}.${advice}`,
  );
}

/** The folder right below in which a file lies, however deep. */
const folderOf = (file: string): string | undefined => /^(.+?)[\\/]/.exec(file)?.[1];

async function listWav(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (error) {
    throw new TrainerError('bad-file', (fileError(error, 'read', folder) as Error).message, { cause: error });
  }
  const files = names
    .filter((name) => /(^|[\\/])[^.\\/][^\\/]*\.wav$/i.test(name))
    .sort((a, b) => (a < b ? -1 : 1));
  if (files.length > 0) return files;
  throw new TrainerError('bad-data', `audio: there is no file ending in .wav in ${folder}.`);
}
