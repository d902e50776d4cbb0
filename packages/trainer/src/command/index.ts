import { Command } from 'commander';
import { trainerVersion } from '../run/versions.js';
import { quietCommander, runCommand, type Streams } from '../terminal/index.js';

interface Subcommand {
  setUp(command: Command, streams: Streams): void;
}

/** Words after `vae-train` that are not a recipe. A new one is a file and a line here. */
const subcommands: Readonly<Record<string, () => Promise<Subcommand>>> = {
  build: () => import('./build.js'),
  'check-gpu': () => import('./check-gpu.js'),
  inspect: () => import('./inspect.js'),
  setup: () => import('./setup.js'),
  init: () => import('./init.js'),
  sweep: () => import('./sweep.js'),
  watch: () => import('./watch.js'),
  'print-config': () => import('./print-config.js'),
};

/**
 * The `vae-train` command. It never throws: `process.exitCode` becomes 1 for our fault, 2 for the user's.
 *
 * @param argv the words after `vae-train`
 * @example await main(['seed-cvae', '--data', 'digits', '--steps', '100']);
 */
export async function main(argv: string[], streams: Streams = process): Promise<void> {
  const code = await runCommand(() => dispatch(argv, streams), streams);
  if (code !== 0) process.exitCode = code;
}

async function dispatch(argv: string[], streams: Streams): Promise<void> {
  const load = Object.hasOwn(subcommands, argv[0] ?? '') ? subcommands[argv[0]] : undefined;
  const program = quietCommander(new Command(load ? `vae-train ${argv[0]}` : 'vae-train'), streams);
  program.version(trainerVersion(), '-V, --version', 'print the version').showSuggestionAfterError();
  const module = load ? await load() : await import('./train.js');
  module.setUp(program, streams);
  if (!load)
    program.addHelpText(
      'after',
      `\nAlso: ${Object.keys(subcommands)
        .map((name) => `vae-train ${name}`)
        .join(', ')}`,
    );
  await program.parseAsync(load ? argv.slice(1) : argv, { from: 'user' });
}
