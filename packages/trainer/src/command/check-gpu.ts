import { arch, availableParallelism, cpus, platform } from 'node:os';
import type { Command } from 'commander';
import { atomicWrite } from '../files/atomic-write.js';
import { requireWritable } from '../files/require-writable.js';
import type { CheckOptions } from '../gpu-check/finding.js';
import { allItems } from '../gpu-check/items.js';
import { type Checked, runItem, runItems } from '../gpu-check/run-items.js';
import { toMarkdown } from '../gpu-check/table.js';
import { createOutput, type Output, parseNumber, parseWhole, type Streams } from '../terminal/index.js';
import { packageVersions } from '../versions.js';
import { stopOnSignal } from './stop-on-signal.js';

interface CheckFlags extends CheckOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** Adds the words and flags of `vae-train check-gpu` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  command
    .option('--data <spec>', 'images to train on', 'digits')
    .option('--steps <n>', 'training steps to compare', parseWhole('--steps', { min: 1, max: 1000 }), 20)
    .option('--seconds <s>', 'time for each speed; 0 for none', parseNumber('--seconds', { min: 0 }), 3)
    .option('--python <path>', 'a Python with PyTorch and CUDA, to compare speeds with')
    .option('-o, --output <table.md>', 'write the findings as a Markdown table')
    .option('--json', 'end with one JSON object on stdout')
    .action((flags: CheckFlags) => run(flags, streams));
}

const line = ({ item, finding }: Checked): string =>
  `${finding.verdict.toUpperCase().padEnd(6)} ${item.title}: ${finding.detail}${finding.advice ? `. ${finding.advice}` : ''}`;

const versionsOf = (checked: readonly Checked[]): Record<string, string> =>
  Object.assign(packageVersions(), ...checked.map(({ finding }) => finding.versions ?? {}));

const machine = (): string =>
  `${platform()} ${arch()}, ${cpus()[0]?.model ?? 'CPU'} (${availableParallelism()} threads)`;

async function report(checked: readonly Checked[], flags: CheckFlags, output: Output): Promise<void> {
  const circumstances = { date: new Date(), machine: machine(), versions: versionsOf(checked) };
  const table = toMarkdown(checked, circumstances);
  if (flags.output !== undefined) await atomicWrite(flags.output, table);
  const findings = checked.map(({ item: { id, title }, finding }) => ({ id, title, ...finding }));
  const { date, ...rest } = circumstances;
  output.result({ date: date.toISOString(), ...rest, findings }, flags.output ?? `\n${table.trimEnd()}`);
}

async function run(flags: CheckFlags, streams: Streams): Promise<void> {
  const output = createOutput({ json: flags.json, streams });
  if (flags.output !== undefined) await requireWritable(flags.output);
  const { data, steps, seconds, python } = flags;
  const options: CheckOptions = { data, steps, seconds, python };
  const stop = stopOnSignal();
  try {
    const checked = await runItems(
      allItems(options),
      ({ id }) => runItem(id, options, { signal: stop.signal }),
      (found) => output.note(line(found)),
    );
    await report(checked, flags, output);
    if (checked.some(({ finding }) => finding.verdict === 'fail')) process.exitCode = 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    output.note('Stopped.');
    output.result({ interrupted: true });
    process.exitCode = stop.exitCode();
  } finally {
    stop.dispose();
  }
}
