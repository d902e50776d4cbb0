import { basename, resolve } from 'node:path';
import type { ExporterName, ExportResult, exportModel, ModelFormat } from '@vae/trainer';
import { createOutput, parseChoice, parseNumber, type Streams, UsageError } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { findModelFolder } from '../io/model-folder.js';
import { addFolder, addModelFolder } from '../options.js';

type Settings = Parameters<typeof exportModel>[1];
type Dtype = NonNullable<Settings['dtype']>;
type ModelLayout = NonNullable<Settings['layout']>;

interface Options {
  readonly output?: string;
  readonly via?: ExporterName;
  readonly format: ModelFormat;
  readonly layout: ModelLayout;
  readonly dtype: Dtype;
  readonly tolerance?: number;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

// Written out, so that `vae export --help` does not load the trainer; the types hold them to its registries.
const exporterNames = Object.keys({ native: 0, tf2onnx: 0 } satisfies Record<
  ExporterName,
  0
>) as ExporterName[];
const dtypeNames = Object.keys({ float32: 0, float16: 0, int8: 0 } satisfies Record<Dtype, 0>) as Dtype[];
const layoutNames = Object.keys({ vae: 0, diffusers: 0 } satisfies Record<ModelLayout, 0>) as ModelLayout[];
const formatNames = Object.keys({ onnx: 0, tfjs: 0 } satisfies Record<ModelFormat, 0>) as ModelFormat[];

export function setUp(command: Command, streams: Streams): void {
  addFolder(addModelFolder(command), {
    output: 'what to write (default: the name of the model, with the format behind it)',
    overwrite: 'replace an exported model in that folder',
  })
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
    .option(
      '--layout <name>',
      'vae: encoder.onnx, decoder.onnx and vae.json; diffusers: vae_encoder and vae_decoder as diffusers and optimum have them',
      parseChoice('--layout', layoutNames),
      'vae',
    )
    .option(
      '--dtype <name>',
      'how the numbers are stored: float32, float16 (half the size), int8 (a quarter); the error is measured',
      parseChoice('--dtype', dtypeNames),
      'float32',
    )
    .option(
      '--tolerance <x>',
      'largest error that --dtype may cause, in units of max(1, largest output) (default: 0.01 and 0.05)',
      parseNumber('--tolerance', { min: 0 }),
    )
    .option('--json', 'print one JSON object on stdout, everything else on stderr')
    .action((source: string, options: Options) => run(source, options, streams));
}

async function run(source: string, options: Options, streams: Streams): Promise<void> {
  const { format, via, layout, dtype, tolerance, overwrite, json } = options;
  if (format !== 'onnx' && via !== undefined)
    throw new UsageError(`--via ${via} is a way to ONNX; leave it out with --format ${format}.`);
  const folder = (await findModelFolder(source)).path;
  const kinds = [dtype === 'float32' ? via : dtype, layout === 'vae' ? undefined : layout].filter(Boolean);
  const out =
    options.output ?? [basename(resolve(source)), ...(kinds.length > 0 ? kinds : [format])].join('-');
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
      layout,
      dtype,
      tolerance,
      overwrite,
      conversion: { onNote: (text) => output.note(text), signal: stop.signal },
    });
    output.result(result, describe(result));
  } finally {
    process.off('SIGINT', onSignal);
  }
}

function describe({ output, name, format, layout, via, files, precision }: ExportResult): string {
  const width = Math.max(...files.map((file) => file.name.length));
  const how =
    format === 'onnx' ? `as ONNX by ${via === 'native' ? 'the native writer' : via}` : `for ${format}`;
  const details = [precision?.dtype, layout === 'diffusers' && 'as diffusers lays it out'].filter(Boolean);
  return [
    `Wrote ${output}: ${[`${name} ${how}`, ...details].join(', ')}.`,
    ...files.map((file) => `${file.name.padEnd(width)}  ${file.bytes} bytes`),
    ...(precision ? describePrecision(precision) : []),
  ].join('\n');
}

/** What rounding cost and saved, half by half. */
function describePrecision(precision: NonNullable<ExportResult['precision']>): string[] {
  const { dtype, tolerance, runtime } = precision;
  const halves = (['encoder', 'decoder'] as const).flatMap((half) => {
    const { bytes, float32Bytes, timeRatio, outputs } = precision[half];
    const errors = Object.entries(outputs).map(
      ([name, { largest, mean, range }]) =>
        `  ${name}: off by ${short(largest)} at most, ${short(mean)} on average, of numbers up to ${short(range)}`,
    );
    const size = `${(bytes / float32Bytes).toFixed(2)} × the size of float32`;
    return [`${half}: ${size}, ${timeRatio.toFixed(2)} × its time`, ...errors];
  });
  return [
    `${dtype} beside float32, with ${runtime}; errors at batches 1, 7 and 128 (allowed: ${tolerance} × max(1, largest number)), ` +
      'times as medians of alternating runs at batch 32 on one thread:',
    ...halves,
  ];
}

const short = (value: number): string => (value === 0 ? '0' : value.toPrecision(2));
