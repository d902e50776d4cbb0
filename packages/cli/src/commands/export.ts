import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { MANIFEST_FILE } from '@vae/sdk/manifest';
import type { ExporterName, ExportResult, ModelFormat } from '@vae/trainer';
import { createOutput, parseChoice, type Streams, UsageError } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { findModelFolder } from '../io/model-folder.js';

interface Options {
  readonly output?: string;
  readonly via?: ExporterName;
  readonly format: ModelFormat;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

// Written out, so that `vae export --help` does not load the trainer; the types hold them to its registries.
const exporterNames = Object.keys({ native: 0, tf2onnx: 0 } satisfies Record<
  ExporterName,
  0
>) as ExporterName[];
const formatNames = Object.keys({ onnx: 0, tfjs: 0 } satisfies Record<ModelFormat, 0>) as ModelFormat[];

export function setUp(command: Command, streams: Streams): void {
  command
    .argument('<model>', 'model folder or run folder of vae-train, or the name of a bundled model')
    .option(
      '-o, --output <folder>',
      'what to write (default: the name of the model, with the format behind it)',
    )
    .option(
      '--via <name>',
      'who writes the ONNX files: native, or tf2onnx from TensorFlow graphs (default: native)',
      parseChoice('--via', exporterNames),
    )
    .option(
      '--format <name>',
      'onnx: a model folder; tfjs: two GraphModels for TensorFlow.js',
      parseChoice('--format', formatNames),
      'onnx',
    )
    .option('--overwrite', 'replace an exported model in that folder')
    .option('--json', 'print one JSON object on stdout, everything else on stderr')
    .action((source: string, options: Options) => run(source, options, streams));
}

/** A run's folder stands for the model in it. */
async function folderOf(source: string): Promise<string> {
  const inRun = join(source, 'vae');
  return (await findModelFolder(existsSync(join(inRun, MANIFEST_FILE)) ? inRun : source)).path;
}

async function run(source: string, options: Options, streams: Streams): Promise<void> {
  const { format, via, overwrite, json } = options;
  if (format !== 'onnx' && via !== undefined)
    throw new UsageError(`--via ${via} is a way to ONNX; leave it out with --format ${format}.`);
  const folder = await folderOf(source);
  const out = options.output ?? `${basename(resolve(source))}-${via ?? format}`;
  if (resolve(out) === resolve(folder))
    throw new UsageError(`-o ${out} is the model itself; choose another folder.`);
  const output = createOutput({ json, streams });
  const stop = new AbortController();
  const onSignal = () => stop.abort(new UsageError('Stopped; nothing was written.'));
  process.once('SIGINT', onSignal);
  try {
    const { exportModel } = await import('@vae/trainer');
    const result = await exportModel(folder, {
      out,
      format,
      exportVia: via,
      overwrite,
      conversion: { onNote: (text) => output.note(text), signal: stop.signal },
    });
    output.result(result, describe(result));
  } finally {
    process.off('SIGINT', onSignal);
  }
}

function describe({ output, name, format, via, files }: ExportResult): string {
  const width = Math.max(...files.map((file) => file.name.length));
  const how =
    format === 'onnx' ? `as ONNX by ${via === 'native' ? 'the native writer' : via}` : `for ${format}`;
  return [
    `Wrote ${output}: ${name} ${how}.`,
    ...files.map((file) => `${file.name.padEnd(width)}  ${file.bytes} bytes`),
  ].join('\n');
}
