import { createRequire } from 'node:module';
import {
  asksForJson,
  nearest,
  quietCommander,
  runCommand,
  type Streams,
  UsageError,
} from '@vae/trainer/terminal';
import { Command } from 'commander';
import { commands } from './commands/index.js';

/**
 * The `vae` command. It never throws: `process.exitCode` becomes 1 for our fault, 2 for the user's.
 *
 * @param argv the words after `vae`
 * @example await main(['sample', 'mnist-conv', '-n', '16', '-o', 'grid.png']);
 */
export async function main(argv: string[], streams: Streams = process): Promise<void> {
  const code = await runCommand(() => dispatch(argv, streams), streams, { json: asksForJson(argv) });
  // A command that runs by itself (train) has set its own exit code already.
  if (code !== 0) process.exitCode = code;
}

async function dispatch(argv: string[], streams: Streams): Promise<void> {
  const [name = '--help', ...rest] = argv;
  if (name === 'help') return dispatch(rest.length > 0 ? [rest[0], '--help'] : ['--help'], streams);
  if (name.startsWith('-')) return void (await overview(streams).parseAsync([name], { from: 'user' }));
  const entry = commands.find((candidate) => candidate.name === name);
  if (entry === undefined) throw unknownCommand(name);
  const module = await entry.load();
  if ('run' in module) return module.run(rest, streams);
  const program = quietCommander(new Command('vae'), streams);
  module.setUp(program.command(entry.name).description(entry.summary), streams);
  await program.parseAsync(argv, { from: 'user' });
}

/** The program that only knows names and summaries; it answers `--help` and `--version`. */
function overview(streams: Streams): Command {
  const { version } = createRequire(import.meta.url)('@vae/cli/package.json') as { version: string };
  const program = quietCommander(new Command('vae'), streams)
    .description('Train variational autoencoders, and work with them through their ONNX files.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this text; `vae <command> --help` for a command')
    .usage('<command> [arguments] [options]');
  for (const { name, summary } of commands) program.command(name).summary(summary);
  return program;
}

function unknownCommand(name: string): UsageError {
  const names = commands.map((entry) => entry.name);
  const close = nearest(name, names);
  const hint = close === undefined ? '.' : `; did you mean "${close}"?`;
  return new UsageError(`There is no command "${name}"${hint} Choose one of: ${names.join(', ')}.`);
}
