import { basename, join } from 'node:path';
import { TrainerError } from '../errors.js';
import { readWav } from './audio/read-wav.js';
import type { DataSource, OpenOptions } from './dataset.js';
import { type FoundFile, listFiles } from './list-files.js';
import { describeOutside } from './outside-folders.js';
import { type Chosen, parseArgument, text, whole } from './spec.js';
import { nameOf } from './spec-options.js';
import { LabelCollector } from './tables/labels.js';
import { listed } from './tables/listed.js';
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
      name: nameOf('audio', path, query),
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
  const files = await listWav(folder, options);
  const rows = new RowStore(window);
  const outside = files.filter(({ top }) => top === undefined).map(({ path }) => path);
  const labels = outside.length === 0 ? new LabelCollector(folder) : undefined;
  let rate: number | undefined;
  let short = 0;
  let longest = 0;
  let loud = 0;
  let peak = 1;
  const cutShort: string[] = [];
  try {
    for (const { path, top } of files) {
      options.signal?.throwIfAborted();
      const sound = await readWav(join(folder, path));
      rate ??= sound.rate;
      if (sound.rate !== rate) {
        throw new TrainerError(
          'bad-data',
          `${join(folder, path)}: ${sound.rate} samples per second, the files before have ${rate}. Convert them to one rate.`,
        );
      }
      if (sound.samples.length < window) short++;
      longest = Math.max(longest, sound.samples.length);
      if (sound.peak > 1) loud++;
      peak = Math.max(peak, sound.peak);
      if (sound.isCutShort) cutShort.push(path);
      for (let from = 0; from + window <= sound.samples.length; from += hop) {
        await rows.append(sound.samples.subarray(from, from + window));
        labels?.add(top!, `${path}, sample ${from}`);
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
  if (loud > 0)
    options.onNote?.(
      `${folder}: ${loud} of ${files.length} files go beyond full scale, up to ${Number(peak.toPrecision(3))}; they are cut off at −1 and 1.`,
    );
  if (cutShort.length > 0)
    options.onNote?.(
      `${folder}: ${cutShort.length} of ${files.length} files end before all that their headers tell of (${listed(cutShort)}); what is there is used.`,
    );
  const classes = new Set(files.map(({ top }) => top).filter((top) => top !== undefined)).size;
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

/** The files in the order of their whole paths. */
async function listWav(folder: string, { signal, onNote }: OpenOptions): Promise<FoundFile[]> {
  const found = await listFiles(folder, 'audio', signal);
  const files = found.files
    .filter(({ name }) => /^[^.].*\.wav$/i.test(name))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const passed = found.skipped.length > 0 ? `passed over: ${found.skipped.join(', ')}` : '';
  if (files.length === 0) {
    const why = passed && `; ${passed}`;
    throw new TrainerError('bad-data', `audio: there is no file ending in .wav in ${folder}${why}.`);
  }
  if (passed) onNote?.(`${folder}: ${passed}.`);
  return files;
}
