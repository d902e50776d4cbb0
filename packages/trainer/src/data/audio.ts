import { basename, join } from 'node:path';
import { TrainerError } from '../errors.js';
import { readWav, type Sound } from './audio/read-wav.js';
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

/** What there is to tell of the files once all are read. */
class Findings {
  longest = 0;
  private files = 0;
  private short = 0;
  private loud = 0;
  private peak = 1;
  private readonly cutShort: string[] = [];

  constructor(private readonly window: number) {}

  add(path: string, { samples, peak, isCutShort }: Sound): void {
    this.files++;
    if (samples.length < this.window) this.short++;
    this.longest = Math.max(this.longest, samples.length);
    if (peak > 1) this.loud++;
    this.peak = Math.max(this.peak, peak);
    if (isCutShort) this.cutShort.push(path);
  }

  *notes(): Generator<string> {
    const { files, window, short, loud, cutShort } = this;
    if (short > 0)
      yield `${short} of ${files} files ${short === 1 ? 'is' : 'are'} shorter than a window of ${window} samples.`;
    if (loud > 0)
      yield `${loud} of ${files} files ${loud === 1 ? 'goes' : 'go'} beyond full scale, up to ${Number(this.peak.toPrecision(3))}; what is beyond is cut off at −1 and 1.`;
    if (cutShort.length > 0) {
      const end =
        cutShort.length === 1
          ? 'ends before all that its header tells'
          : 'end before all that their headers tell';
      yield `${cutShort.length} of ${files} files ${end} of (${listed(cutShort)}); what is there is used.`;
    }
  }
}

async function readAudio(
  folder: string,
  { window = DEFAULT_WINDOW, hop = window }: Options,
  options: OpenOptions,
): Promise<Table> {
  const files = await listWav(folder, options);
  const rows = new RowStore(window);
  const outside = files.filter(({ top }) => top === undefined).map(({ path }) => path);
  const labels = outside.length === 0 ? new LabelCollector(folder) : undefined;
  const findings = new Findings(window);
  let first: number | undefined;
  try {
    for (const { path, top } of files) {
      options.signal?.throwIfAborted();
      const sound = await readWav(join(folder, path));
      first ??= sound.rate;
      if (sound.rate !== first) throw otherRate(join(folder, path), sound.rate, first);
      findings.add(path, sound);
      for (let from = 0; from + window <= sound.samples.length; from += hop) {
        await rows.append(sound.samples.subarray(from, from + window));
        labels?.add(top!, `${path}, sample ${from}`);
      }
    }
    if (rows.size === 0) throw tooShort(folder, findings.longest, window);
    await rows.finish();
  } catch (error) {
    await rows.close();
    throw error;
  }
  for (const note of findings.notes()) options.onNote?.(`${folder}: ${note}`);
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

const otherRate = (path: string, rate: number, first: number): TrainerError =>
  new TrainerError(
    'bad-data',
    `${path}: ${rate} samples per second, the files before have ${first}. Convert them to one rate.`,
  );

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
