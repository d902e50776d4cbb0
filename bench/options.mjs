import { parseArgs } from 'node:util';
import { inferrers, trainers } from './contenders.mjs';

const ALL_WORK = ['seed-cvae', 'seed-wiseodd', 'seed-mlp', 'seed-beta-64', 'seed-keras', 'seed-dropout'];
const SUITES = ['training', 'inference', 'process'];

export const help = `Usage: node bench/run.mjs [options]

Ours and the peers take turns at the same work: A B C, A B C, …

  --suite <names>      ${SUITES.join(', ')} (default: all)
  --work <recipes>     what to train (default: seed-cvae,seed-mlp)
  --batch <sizes>      samples in a step (default: 128; inference: 1,32,1024)
  --threads <counts>   threads of each contender (default: 1,2; outside training: the last of them)
  --peers <names>      ${Object.keys(trainers).slice(1).join(', ')}
                       (default: all whose first step is a matter of seconds)
  --rounds <n>         turns of each contender (default: 5)
  --seconds <s>        of a turn (default: 1.5)
  --all                every recipe (${ALL_WORK.join(', ')}), batch 64, 128 and 512
  --model <folder>     what inference is measured on (default: models/mnist-conv)
  --json <file>        write everything that was measured
  --markdown           print the tables in Markdown

Set up the peers with: node bench/setup-peers.mjs`;

const definitions = {
  suite: { type: 'string', default: SUITES.join(',') },
  work: { type: 'string' },
  batch: { type: 'string' },
  threads: { type: 'string', default: '1,2' },
  peers: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '1.5' },
  all: { type: 'boolean', default: false },
  model: { type: 'string', default: 'models/mnist-conv' },
  json: { type: 'string' },
  markdown: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** A mistake in the words given; its message is for the user. */
export class OptionError extends Error {}

function words(name, text, known) {
  const list = text.split(',').filter(Boolean);
  const strange = known && list.find((word) => !known.includes(word));
  if (strange) throw new OptionError(`--${name}: there is no "${strange}". Known: ${known.join(', ')}.`);
  if (list.length === 0) throw new OptionError(`--${name}: nothing is named.`);
  return list;
}

function numbers(name, text, whole = true) {
  return words(name, text).map((word) => {
    const value = Number(word);
    if (value > 0 && Number.isFinite(value) && (!whole || Number.isInteger(value))) return value;
    throw new OptionError(`--${name}: "${word}" is not a ${whole ? 'whole ' : ''}number above 0.`);
  });
}

function parsed(argv) {
  try {
    return parseArgs({ args: argv, options: definitions }).values;
  } catch (error) {
    throw new OptionError(error.message);
  }
}

/**
 * @param argv the words after `run.mjs`
 * @throws OptionError
 */
export function parseOptions(argv) {
  const values = parsed(argv);
  const names = [...new Set([...Object.keys(trainers), ...Object.keys(inferrers)])];
  return {
    suites: words('suite', values.suite, SUITES),
    work: words('work', values.work ?? (values.all ? ALL_WORK : ['seed-cvae', 'seed-mlp']).join(',')),
    batches: numbers('batch', values.batch ?? (values.all ? '64,128,512' : '128')),
    inferenceBatches: numbers('batch', values.batch ?? '1,32,1024'),
    threads: numbers('threads', values.threads),
    peers: values.peers === undefined ? undefined : words('peers', values.peers, names),
    rounds: numbers('rounds', values.rounds)[0],
    seconds: numbers('seconds', values.seconds, false)[0],
    model: values.model,
    json: values.json,
    markdown: values.markdown,
    help: values.help,
  };
}
