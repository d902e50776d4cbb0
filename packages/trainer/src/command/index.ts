import { Command } from 'commander';
import { asksForJson, quietCommander, runCommand, type Streams } from '../terminal/index.js';
import { trainerVersion } from '../versions.js';

interface Subcommand {
  setUp(command: Command, streams: Streams): void;
}

/** A word after `vae-train` that is no recipe. */
interface Entry {
  /** One line for the lists of commands. */
  readonly summary: string;
  /** A command line that works, for the end of its help text. */
  readonly example: string;
  load(): Promise<Subcommand>;
}

/** Words after `vae-train` that are not a recipe. A new one is a file and an entry here. */
const subcommands: Readonly<Record<string, Entry>> = {
  init: {
    summary: 'Write a recipe for some data; what flags leave open is asked on a terminal.',
    example: "vae-train init mine.json --data 'images:photos?size=64' --latent 16",
    load: () => import('./init.js'),
  },
  inspect: {
    summary: 'Look at data before training: counts, shapes, values, classes, a picture.',
    example: 'vae-train inspect csv:measurements.csv',
    load: () => import('./inspect.js'),
  },
  'find-lr': {
    summary: 'Find a learning rate by raising it until the loss runs away.',
    example: 'vae-train find-lr seed-cvae --data digits --output rates.svg',
    load: () => import('./find-lr.js'),
  },
  sweep: {
    summary: 'Train every combination of some settings, one after another.',
    example:
      'vae-train sweep seed-mlp --data digits --grid latent=2,8 --grid lr=1e-3,1e-4 --out sweeps/first',
    load: () => import('./sweep.js'),
  },
  watch: {
    summary: 'Show the report of a run as it stands now, until Ctrl-C.',
    example: 'vae-train watch runs/first --port 0',
    load: () => import('./watch.js'),
  },
  'print-config': {
    summary: 'Print the recipe that a command line describes, defaults filled in.',
    example: 'vae-train print-config seed-mlp --latent 2 --epochs 3',
    load: () => import('./print-config.js'),
  },
  build: {
    summary: 'Write the training step as an ONNX file for any ONNX Runtime.',
    example: 'vae-train build seed-cvae --data digits --out step',
    load: () => import('./build.js'),
  },
  setup: {
    summary: 'Prepare what is too large for the package; without a name, list it.',
    example: 'vae-train setup tfjs',
    load: () => import('./setup.js'),
  },
  'check-gpu': {
    summary: 'See what of this machine’s GPU trains, how exactly, and how fast.',
    example: 'vae-train check-gpu --json',
    load: () => import('./check-gpu.js'),
  },
};

/** Every subcommand with its line, for the end of a help text. */
function listSubcommands(): string {
  const names = Object.keys(subcommands);
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = Object.entries(subcommands).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`);
  return `\nCommands, as in vae-train ${names[0]}:\n${lines.join('\n')}`;
}

/**
 * The `vae-train` command. It never throws: `process.exitCode` becomes 1 for our fault, 2 for the user's.
 *
 * @param argv the words after `vae-train`
 * @example await main(['seed-cvae', '--data', 'digits', '--steps', '100']);
 */
export async function main(argv: string[], streams: Streams = process): Promise<void> {
  const code = await runCommand(() => dispatch(argv, streams), streams, { json: asksForJson(argv) });
  if (code !== 0) process.exitCode = code;
}

async function dispatch(argv: string[], streams: Streams): Promise<void> {
  const entry = Object.hasOwn(subcommands, argv[0] ?? '') ? subcommands[argv[0]] : undefined;
  const program = quietCommander(new Command(entry ? `vae-train ${argv[0]}` : 'vae-train'), streams);
  program.version(trainerVersion(), '-V, --version', 'print the version').showSuggestionAfterError();
  program.description(entry?.summary ?? 'Train a VAE and export it as ONNX.');
  const example = entry?.example ?? 'vae-train seed-cvae --data digits --epochs 3 --out runs/first';
  program.addHelpText('after', () => `\nExample:\n  ${example}\n${listSubcommands()}`);
  const module = entry ? await entry.load() : await import('./train.js');
  module.setUp(program, streams);
  await program.parseAsync(entry ? argv.slice(1) : argv, { from: 'user' });
}
