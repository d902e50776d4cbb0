import { encodePng, grid, stack } from '@vae/sdk/media';
import type { Command } from 'commander';
import { type Dataset, openDataset, type Split } from '../data/index.js';
import { adviseScale } from '../data/tables/advise.js';
import { withOptions } from '../data/tables/spec-options.js';
import { atomicWrite } from '../terminal/atomic-write.js';
import {
  createOutput,
  createProgress,
  parseSeed,
  parseWhole,
  type Streams,
  UsageError,
} from '../terminal/index.js';
import { type ColumnSummary, columnsOf, describeColumns } from './describe-columns.js';
import { quote } from './quote.js';

interface InspectFlags {
  readonly output?: string;
  readonly items: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Items read at once. */
const CHUNK = 128;
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
  const dataset = await openDataset(spec, { seed: flags.seed, onNote: output.note, lenient: true });
  try {
    if (flags.output !== undefined && dataset.kind !== 'image') {
      throw new UsageError(
        `--output: only images can be drawn, ${spec} holds items of the kind "${dataset.kind}".`,
      );
    }
    const parts: Record<string, PartSummary> = {};
    for (const [name, split] of partsOf(dataset)) {
      parts[name] = await summarize(dataset, split, flags.items, name, streams);
    }
    if (flags.output !== undefined) await atomicWrite(flags.output, await draw(dataset));
    const { name, kind, shape, range = [0, 1], columns, normalization, classes, source } = dataset;
    const summary = {
      ...{ name, kind, shape, range, columns, normalization, classes, source, parts },
      columnStatistics: columnsOf(dataset),
      advice: adviceFor(dataset, spec),
      picture: flags.output,
    };
    output.result(summary, describe(summary));
  } finally {
    await dataset.close?.();
  }
}

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

async function summarize(
  { shape, classes }: Dataset,
  split: Split,
  limit: number,
  label: string,
  streams: Streams,
): Promise<PartSummary> {
  const itemSize = shape.reduce((product, extent) => product * extent, 1);
  const chosen = spread(limit === 0 ? split.size : limit, split.size);
  const bar = createProgress({ stream: streams.stderr, total: chosen.length, label });
  const out = new Float32Array(CHUNK * itemSize);
  let [min, max, count, mean, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  try {
    for (let start = 0; start < chosen.length; start += CHUNK) {
      const indices = chosen.slice(start, start + CHUNK);
      await split.read(indices, out);
      for (const value of out.subarray(0, indices.length * itemSize)) {
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
  return { items: split.size, read: chosen.length, min, max, mean, std, ...(counts && { classes: counts }) };
}

function countClasses({ size, label }: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < size; i++) counts[label!(i)]!++;
  return counts;
}

/** Some images of each part, and of the training part once more as training sees them. */
async function draw(dataset: Dataset): Promise<Uint8Array> {
  const { shape, train } = dataset;
  const panel = async (split: Split, caption: string, visit?: number) => {
    const indices = spread(PICTURED, split.size);
    const data = new Float32Array(indices.length * shape.reduce((product, extent) => product * extent, 1));
    await split.read(indices, data, visit);
    const columns = Math.min(COLUMNS, indices.length);
    return { data, picture: grid({ data, shape: [indices.length, ...shape] }, { columns, caption }) };
  };
  const panels: Awaited<ReturnType<typeof panel>>[] = [];
  for (const [name, split] of partsOf(dataset))
    panels.push(await panel(split, `${name}, ${split.size} images`));
  const varied = await panel(train, 'train, as training sees them', 0);
  const differs = varied.data.some((value, i) => value !== panels[0]!.data[i]);
  return encodePng(stack([...panels, ...(differs ? [varied] : [])].map(({ picture }) => picture)));
}

/** What to change before training, a sentence each. */
function adviceFor(dataset: Dataset, spec: string): string[] {
  const { missing = [] } = dataset.statistics ?? {};
  const hasGaps = Array.from(missing).some((count) => count > 0) && !/[?&]bad=/.test(spec);
  const scale = adviseScale(dataset, spec);
  const scaled = scale?.spec ?? spec;
  const better = hasGaps ? withOptions(scaled, { bad: 'skip' }) : scaled;
  return [
    ...(hasGaps ? ['Some items lack numbers; training refuses them unless bad=skip leaves them out.'] : []),
    ...(scale ? [`${capital(scale.reason)}.`] : []),
    ...(scale && !scale.spec
      ? ['What never changes cannot be scaled; without it, normalize=standard can.']
      : []),
    ...(better === spec ? [] : [`Train on ${quote(better)}.`]),
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
  readonly advice: readonly string[];
  readonly picture?: string;
}

function describe(summary: Summary): string {
  const { name, kind, shape, range, columns, classes, source, parts } = summary;
  const { columnStatistics, advice, picture } = summary;
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
      : `; ${read === items ? 'all' : read} read: ${low} to ${high}, mean ${middle}, deviation ${deviation}`;
    lines.push(`${part.padEnd(8)} ${items} items${values}`);
    if (counts) lines.push(`         ${listedClasses(classes!.map((word, i) => `${word} ${counts[i]}`))}`);
  }
  if (columnStatistics) lines.push('', ...describeColumns(columnStatistics));
  if (advice.length > 0) lines.push('', ...advice);
  if (picture !== undefined) lines.push(`picture  ${picture}`);
  return lines.join('\n');
}
