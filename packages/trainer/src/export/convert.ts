import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { State } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import { OPSET } from '../onnx/model.js';
import type { Programs } from '../programs.js';
import { tensorflowEnvironment } from '../setup/tensorflow-environment.js';
import { type RunTool, runTool } from '../setup/tool.js';
import { lowerToTensorflow } from '../targets/tensorflow/index.js';
import { writeSavedModel } from '../tensorflow/saved-model.js';
import { checkInterface } from './check-interface.js';
import { graphOf, type HalfName, type Halves, halfNames, weightsOf } from './halves.js';

/** A SavedModel to convert, and where its ONNX file goes. */
export interface Conversion {
  readonly savedModel: string;
  readonly output: string;
  /** The inputs in their order. */
  readonly inputs: readonly string[];
  /** The outputs in their order. */
  readonly names: readonly string[];
}

/** Turns SavedModels into ONNX files and says which versions of what did. */
export type Converter = (
  conversions: readonly Conversion[],
  options: ConvertOptions & { readonly folder: string },
) => Promise<Readonly<Record<string, string>>>;

export interface ConvertOptions {
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Gives the Python with tf2onnx, and starts it; for tests. */
  readonly python?: typeof tensorflowEnvironment;
  readonly run?: RunTool;
  /** What converts; tf2onnx. */
  readonly convert?: Converter;
}

/** What an exporter made, with the versions of what took part beside this package. */
export interface Exported {
  readonly halves: Halves;
  readonly versions: Readonly<Record<string, string>>;
}

const script = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json')),
    'python',
    'tf2onnx_convert.py',
  );

interface Answer {
  readonly versions?: Readonly<Record<string, string>>;
  readonly error?: string;
}

function parseAnswer(stdout: string): Answer {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Answer;
  } catch {
    return {};
  }
}

const failed = (what: string, cause?: unknown): TrainerError =>
  new TrainerError('export-failed', `${what} Nothing was exported; --via native needs no Python.`, { cause });

/** One Python process for all of them: most of its time is the import of TensorFlow. */
export const convertWithTf2onnx: Converter = async (conversions, options) => {
  const { folder, onNote, signal, run = runTool } = options;
  const { python } = await (options.python ?? tensorflowEnvironment)({ onNote, signal });
  const models = conversions.map(({ savedModel, output, inputs, names }) => ({
    saved_model: savedModel,
    output,
    inputs,
    names,
  }));
  const request = join(folder, 'request.json');
  await writeFile(request, JSON.stringify({ opset: OPSET, models }));
  onNote?.('tf2onnx converts encoder and decoder …');
  // Isolated, so that neither the user's PYTHONPATH nor the current folder gets in.
  const words = ['-I', '-W', 'ignore', script(), request];
  const outcome = await run(python, words, { env: process.env, signal });
  const { versions, error } = parseAnswer(outcome.stdout);
  if (versions && outcome.code === 0) return versions;
  const end = outcome.endedBy ?? `exit code ${outcome.code}`;
  const reason = error ?? outcome.error?.message ?? `it ended by ${end} without an answer`;
  throw failed(`tf2onnx in ${python} could not convert the model: ${reason}.`, outcome.error);
};

/** Downloads what converting needs, where it is missing: better before hours of training than after them. */
export async function prepareConversion({ onNote, signal }: ConvertOptions = {}): Promise<void> {
  await tensorflowEnvironment({ onNote, signal });
}

/**
 * Encoder and decoder as two .onnx files that tf2onnx made of TensorFlow graphs. Their numbers are not compared here,
 * see `verifyExport`.
 *
 * @throws TrainerError "export-failed" when the conversion fails or its files are not as the SDK needs them,
 *   "setup-failed" when there is no Python to convert with
 */
export async function convertHalves(
  programs: Pick<Programs, 'encode' | 'decode'>,
  weights: State,
  options: ConvertOptions = {},
): Promise<Exported> {
  const folder = await mkdtemp(join(tmpdir(), 'vae-convert-'));
  try {
    const conversions = await Promise.all(
      halfNames.map((half) => writeHalf(folder, half, programs, weights)),
    );
    const versions = await (options.convert ?? convertWithTf2onnx)(conversions, { ...options, folder });
    const [encoder, decoder] = await Promise.all(
      halfNames.map(async (half, i) => {
        const bytes = await readFile(conversions[i].output);
        checkInterface(bytes, graphOf(programs, half), half);
        return bytes;
      }),
    );
    return { halves: { encoder, decoder }, versions };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeHalf(
  folder: string,
  half: HalfName,
  programs: Pick<Programs, 'encode' | 'decode'>,
  weights: State,
): Promise<Conversion> {
  const graph = graphOf(programs, half);
  const savedModel = join(folder, half);
  await mkdir(savedModel);
  const lowered = lowerToTensorflow(graph, { weights: weightsOf(graph, weights) });
  await writeFile(join(savedModel, 'saved_model.pb'), writeSavedModel(lowered));
  return {
    savedModel,
    output: join(folder, `${half}.onnx`),
    inputs: lowered.inputs.map(({ name }) => name),
    names: [...graph.outputs.keys()],
  };
}
