import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { RunFolder } from '../run/folder.js';
import { watchRun } from '../run/watch.js';
import { createOutput, parseFolder, parseWhole, type Streams, UsageError } from '../terminal/index.js';
import { stopOnSignal } from './stop-on-signal.js';

interface WatchFlags {
  readonly port: number;
  readonly every: number;
  readonly json?: boolean;
}

/** Beside TensorBoard's 6006. */
const DEFAULT_PORT = 6007;

/** Adds the words and flags of `vae-train watch` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  command
    .argument('<run>', 'the run folder, as --out named it', parseFolder('<run>'))
    .option(
      '--port <n>',
      'on 127.0.0.1; 0 for any that is free',
      parseWhole('--port', { min: 0, max: 65_535 }),
      DEFAULT_PORT,
    )
    .option(
      '--every <seconds>',
      'how often the page loads itself again',
      parseWhole('--every', { min: 1 }),
      5,
    )
    .option('--json', 'print the address as a JSON object on stdout')
    .action((run: string, flags: WatchFlags) => watch(run, flags, streams));
}

async function watch(run: string, { port, every, json }: WatchFlags, streams: Streams): Promise<void> {
  const folder = new RunFolder(run);
  if (!existsSync(run) || !folder.holdsRun())
    throw new UsageError(`${run}: there is no run in that folder. Give the folder that --out named.`);
  const output = createOutput({ json, streams });
  const stop = stopOnSignal();
  try {
    const server = await watchRun(folder, { port, refreshSeconds: every });
    output.note(`The report of ${run} is at ${server.url} until Ctrl-C.`);
    output.result({ run, url: server.url });
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await server.close();
  } finally {
    stop.dispose();
  }
}
