// npm run bench: ours and the peers in turn, in one run, on the same data. Benchmarks are not tests; on a machine that is
// shared look at the ratios.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRow } from './harness/report.mjs';
import { markdownTable, textTable } from './harness/table.mjs';
import { machine } from './machine.mjs';
import { help, OptionError, parseOptions } from './options.mjs';
import { inferenceRow } from './suites/inference.mjs';
import { processRows } from './suites/process.mjs';
import { trainingRow } from './suites/training.mjs';

const loadAverage = () =>
  `load average ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')}`;

/** Every pair of the values of two lists. */
const pairs = (first, second) => first.flatMap((a) => second.map((b) => [a, b]));

const suites = {
  async *training({ work, batches, threads, ...rest }) {
    for (const name of work)
      for (const [batch, count] of pairs(batches, threads))
        yield trainingRow({ ...rest, work: name, batch, threads: count });
  },
  async *inference({ inferenceBatches, threads, ...rest }) {
    for (const [verb, batch] of pairs(['encode', 'decode'], inferenceBatches))
      yield inferenceRow({ ...rest, verb, batch, threads: threads.at(-1) });
  },
  async *process({ threads, ...rest }) {
    yield* await processRows({ ...rest, threads: threads.at(-1) });
  },
};

/** What is being done, on the last line of a terminal. */
function note(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function print(row, markdown) {
  note('');
  const { title, header, rows, remarks } = describeRow(row);
  const table = markdown ? markdownTable(header, rows) : textTable(header, rows);
  console.log(`\n${markdown ? `### ${title}\n` : title}\n${table}`);
  if (remarks.length > 0) console.log(`\n${remarks.join('\n')}`);
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(help);
  const before = loadAverage();
  console.log(`${machine()}\n${before}; ${options.rounds} rounds of ${options.seconds} s for each contender`);
  const scratch = await mkdtemp(join(tmpdir(), 'vae-bench-'));
  const rows = [];
  const save = async () => {
    const date = new Date().toISOString();
    const { rounds, seconds } = options;
    const result = {
      date,
      machine: machine(),
      load: { before, after: loadAverage() },
      rounds,
      seconds,
      rows,
    };
    // After each row, so that a long run that is cut off leaves what it measured.
    if (options.json) await writeFile(options.json, `${JSON.stringify(result, null, 1)}\n`);
  };
  try {
    for (const suite of options.suites) {
      for await (const row of suites[suite]({ ...options, scratch, note })) {
        rows.push(row);
        print(row, options.markdown);
        await save();
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  console.log(`\n${loadAverage()} after`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  console.error(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
