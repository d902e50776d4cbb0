import { basename, resolve } from 'node:path';
import {
  atomicFolder,
  createOutput,
  requireWritableFolder,
  type Streams,
  UsageError,
} from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { findModelFolder } from '../io/model-folder.js';
import { addFolder, addModelFolder } from '../options.js';
import { pageFiles, replaceable } from '../page/page-files.js';

interface Options {
  readonly output?: string;
  readonly title?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function setUp(command: Command, streams: Streams): void {
  addFolder(addModelFolder(command), {
    output: 'what to write (default: the name of the model, with "-page" behind it)',
    overwrite: 'replace a page in that folder',
  })
    .option('--title <text>', 'heading of the page (default: the name of the model)')
    .option('--json', 'print one JSON object on stdout, everything else on stderr')
    .action((source: string, options: Options) => run(source, options, streams));
}

async function run(source: string, flags: Options, streams: Streams): Promise<void> {
  const { title, output, overwrite, json } = flags;
  if (title?.trim() === '') throw new UsageError('page: --title is empty; give a text or leave it out.');
  const { path } = await findModelFolder(source);
  const out = output ?? `${basename(resolve(source))}-page`;
  const options = { overwrite, replaceable: replaceable(out) };
  await requireWritableFolder(out, options);
  const files = await pageFiles(path, { title });
  await atomicFolder(out, files, options);
  const sizes = files.map(([name, content]) => ({ name, bytes: Buffer.byteLength(content) }));
  const megabytes = sizes.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  createOutput({ json, streams }).result(
    { output: out, files: sizes },
    `Wrote ${out}: a page of ${files.length} files, ${megabytes.toFixed(1)} MB, for any web server.`,
  );
}
