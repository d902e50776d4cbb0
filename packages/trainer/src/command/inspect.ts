import { encodePng, grid, stack } from '@vae/sdk/media';
import type { Command } from 'commander';
import type { Dataset, Split } from '../data/dataset.js';
import { withOptions } from '../data/spec-options.js';
import { adviseScale } from '../data/tables/advise.js';
import { TrainerError } from '../errors.js';
import { atomicWrite } from '../files/atomic-write.js';
import { sizeOf } from '../graph/shape.js';
import {
  createOutput,
  createProgress,
  parseSeed,
  parseWhole,
  type Streams,
  UsageError,
} from '../terminal/index.js';
import { counted } from '../text/counted.js';
import { quote } from '../text/quote.js';
import { type ColumnSummary, columnsOf, describeColumns } from './describe-columns.js';
import { BrokenFiles, describeBroken, readReadable } from './inspect-items.js';
import { describeText, type Opened, openWithoutText, type TextColumn } from './inspect-text.js';

interface InspectFlags {
  readonly output?: string;
  readonly items: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Items read at once, fewer where they have more numbers together. */
const CHUNK = 128;
const CHUNK_NUMBERS = 2 ** 24;
/** Images in the picture, and side by side. */
const PICTURED = 64;
const COLUMNS = 16;
const MAX_CLASSES = 12;

/** Adds the words and flags of `vae-train inspect` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  command
    .argument('<data>', 'what --data takes, such as digits, images:photos?size=64 or csv:data.csv?label=kind')
    .option('-o, --output <file.png>', 'draw some of the images')
    .option(
      '--items <n>',
      'items of each part to read, evenly spread; 0 for all',
      parseWhole('--items', { min: 0 }),
      1000,
    )
    .option('--seed <n>', 'of what is drawn at random', parseSeed('--seed'), 0)
    .option('--json', 'end with one JSON object on stdout')
    .action((data: string, flags: InspectFlags) => run(data, flags, streams));
}

async function run(spec: string, flags: InspectFlags, streams: Streams): Promise<void> {
  const output = createOutput({ json: flags.json, streams });
  if (flags.output !== undefined && !/\.png$/i.test(flags.output)) {
    throw new UsageError(`--output ${flags.output}: the picture is a PNG file; end its name in .png.`);
  }
  // Lenient: what is missing belongs into the answer.
  const opened = await openWithoutText(spec, { seed: flags.seed, onNote: output.note, lenient: true });
  const { dataset } = opened;
  const broken = new BrokenFiles();
  try {
    if (flags.output !== undefined && dataset.kind !== 'image') {
      throw new UsageError(
        `--output: only images can be drawn, ${spec} holds items of the kind "${dataset.kind}".`,
      );
    }
    const parts: Record<string, PartSummary> = {};
    for (const [name, split] of partsOf(dataset)) {
      parts[name] = await summarize(dataset, split, flags.items, name, broken, streams);
    }
    const isAnyRead = Object.values(parts).some(({ read }) => read > 0);
    if (flags.output !== undefined && isAnyRead) await atomicWrite(flags.output, await draw(dataset, broken));
    const { name, kind, shape, range = [0, 1], columns, normalization, classes, source } = dataset;
    const summary = {
      ...{ name, kind, shape, range, columns, normalization, classes, source, parts },
      columnStatistics: columnsOf(dataset),
      textColumns: opened.texts.length > 0 ? opened.texts : undefined,
      broken: broken.sentences.length > 0 ? broken.sentences : undefined,
      advice: adviceFor(opened, spec),
      picture: isAnyRead ? flags.output : undefined,
    };
    output.result(summary, describe(summary));
    if (broken.sentences.length > 0) throw brokenError(spec, broken.sentences.length);
  } finally {
    await dataset.close?.();
  }
}

const brokenError = (spec: string, count: number): TrainerError =>
  new TrainerError(
    'bad-file',
    `${spec}: ${count === 1 ? 'one image' : `${count} images`} cannot be used in training. ` +
      'Repair, convert or remove what is listed as broken.',
  );

const partsOf = ({ train, test }: Dataset): [name: string, split: Split][] => [
  ['train', train],
  ...(test ? [['test', test] as [string, Split]] : []),
];

interface PartSummary {
  readonly items: number;
  /** Items whose values were looked at. */
  readonly read: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  /** Items of each class. */
  readonly classes?: readonly number[];
}

const spread = (count: number, size: number): number[] =>
  Array.from({ length: Math.min(count, size) }, (_, i) => Math.floor((i * size) / Math.min(count, size)));

const atOnce = (items: number, itemSize: number): number =>
  Math.max(1, Math.min(items, Math.floor(CHUNK_NUMBERS / itemSize)));

async function summarize(
  dataset: Dataset,
  split: Split,
  limit: number,
  label: string,
  broken: BrokenFiles,
  streams: Streams,
): Promise<PartSummary> {
  const { shape, classes } = dataset;
  const itemSize = sizeOf(shape);
  const chosen = spread(limit === 0 ? split.size : limit, split.size);
  const bar = createProgress({ stream: streams.stderr, total: chosen.length, label });
  const size = atOnce(CHUNK, itemSize);
  const out = new Float32Array(size * itemSize);
  let [min, max, count, mean, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  try {
    for (let start = 0; start < chosen.length; start += size) {
      const indices = chosen.slice(start, start + size);
      const there = await readReadable(dataset, split, indices, out, broken);
      for (const value of out.subarray(0, there * itemSize)) {
        if (value < min) min = value;
        if (value > max) max = value;
        const away = value - mean;
        mean += away / ++count;
        squares += away * (value - mean);
      }
      bar.update({ done: start + indices.length });
    }
  } finally {
    bar.finish();
  }
  const std = Math.sqrt(squares / count);
  const counts = classes && split.label && countClasses(split, classes.length);
  const read = count / itemSize;
  return { items: split.size, read, min, max, mean, std, ...(counts && { classes: counts }) };
}

function countClasses({ size, label }: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < size; i++) counts[label!(i)]++;
  return counts;
}

/** Some images of each part, and of the training part once more as training sees them. */
async function draw(dataset: Dataset, broken: BrokenFiles): Promise<Uint8Array> {
  const { shape, train } = dataset;
  const itemSize = sizeOf(shape);
  const panel = async (split: Split, caption: string, visit?: number) => {
    const indices = spread(atOnce(PICTURED, itemSize), split.size);
    const room = new Float32Array(indices.length * itemSize);
    const there = await readReadable(dataset, split, indices, room, broken, visit);
    const data = room.subarray(0, there * itemSize);
    if (there === 0) return { data, pictures: [] };
    const columns = Math.min(COLUMNS, there);
    return { data, pictures: [grid({ data, shape: [there, ...shape] }, { columns, caption })] };
  };
  const panels: Awaited<ReturnType<typeof panel>>[] = [];
  for (const [name, split] of partsOf(dataset))
    panels.push(await panel(split, `${name}, ${counted(split.size, 'image')}`));
  const varied = await panel(train, 'train, as training sees them', 0);
  const differs = varied.data.some((value, i) => value !== panels[0].data[i]);
  const pictures = [...panels, ...(differs ? [varied] : [])].flatMap((drawn) => drawn.pictures);
  return encodePng(stack(pictures));
}

const REFUSED =
  'Some items lack numbers or are of another length; training refuses them unless bad=skip leaves them out.';

/** What to change before training, a sentence each. */
function adviceFor({ dataset, spec, texts }: Opened, given: string): string[] {
  const isRefused = dataset.leftOut !== undefined && !/[?&]bad=/.test(spec);
  const scale = adviseScale(dataset, spec);
  const scaled = scale?.spec ?? spec;
  const another = /[?&]label=/.test(spec) ? '' : ', or make one of them the label with label=NAME';
  const better = isRefused ? withOptions(scaled, { bad: 'skip' }) : scaled;
  return [
    ...(texts.length > 0 ? [`Training takes no text: leave it out with drop=NAME${another}.`] : []),
    ...(isRefused ? [REFUSED] : []),
    ...(scale ? [`${capital(scale.reason)}.`] : []),
    ...(scale && !scale.spec
      ? ['What never changes cannot be scaled; without it, normalize=standard can.']
      : []),
    ...(better === given ? [] : [`Train on ${quote(better)}.`]),
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

interface Summary {
  readonly name: string;
  readonly kind: string;
  readonly shape: readonly number[];
  readonly range: readonly number[] | null;
  readonly columns?: readonly string[];
  readonly classes?: readonly string[];
  readonly source: string;
  readonly parts: Readonly<Record<string, PartSummary>>;
  readonly columnStatistics?: readonly ColumnSummary[];
  readonly textColumns?: readonly TextColumn[];
  readonly broken?: readonly string[];
  readonly advice: readonly string[];
  readonly picture?: string;
}

function describe(summary: Summary): string {
  const { name, kind, shape, range, columns, classes, source, parts } = summary;
  const { columnStatistics, textColumns, broken = [], advice, picture } = summary;
  const listedClasses = (words: readonly string[]) =>
    words.slice(0, MAX_CLASSES).join(', ') + (words.length > MAX_CLASSES ? `, … (${words.length})` : '');
  const lines = [
    `${name}: ${source}`,
    `items    ${kind} ${shape.join('×')}, values ${range ? `from ${range[0]} to ${range[1]}` : 'of any size'}`,
  ];
  for (const [part, { items, read, min, max, mean, std, classes: counts }] of Object.entries(parts)) {
    const [low, high, middle, deviation] = [min, max, mean, std].map((value) => Number(value.toPrecision(4)));
    // Columns with names have units of their own, so one range for all of them says nothing.
    const values = columns
      ? ''
      : read === 0
        ? '; none could be read'
        : `; ${read === items ? 'all' : read} read: ${low} to ${high}, mean ${middle}, deviation ${deviation}`;
    lines.push(`${part.padEnd(8)} ${counted(items, 'item')}${values}`);
    if (counts) lines.push(`         ${listedClasses(classes!.map((word, i) => `${word} ${counts[i]}`))}`);
  }
  lines.push(...describeBroken(broken));
  if (columnStatistics) lines.push('', ...describeColumns(columnStatistics));
  if (textColumns) lines.push('', ...describeText(textColumns));
  if (advice.length > 0) lines.push('', ...advice);
  if (picture !== undefined) lines.push(`picture  ${picture}`);
  return lines.join('\n');
}
