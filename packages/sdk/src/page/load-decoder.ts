import { Half } from '../coder/half.js';
import type { LabelInput } from '../coder/labels.js';
import { VaeError } from '../errors.js';
import { loadOptions } from '../load/load-options.js';
import type { ModelSource, OpenOptions } from '../load/model-source.js';
import type { Manifest } from '../manifest/schema.js';
import type { GraphSpec, LabelSpec, ModelFile, ModelSpec, OpenModel } from '../model.js';
import { optionsOf } from '../options.js';
import { orAbort } from '../or-abort.js';
import { loadRuntime } from '../runtime/runtime.js';
import type { Device, DeviceReport, OrtModule, Runtime } from '../runtime/types.js';
import type { WasmOptions } from '../runtime/wasm/wasm-files.js';
import { type ArrayInput, asBatch, type Tensor, toFloatTensor } from '../tensor.js';
import type { Labelling } from './decoder-labels.js';
import { openForDecoding } from './quick-model.js';

export interface DecoderOptions extends OpenOptions {
  /** 'auto' (default) or the name of one; `decoder.device` tells which it became. */
  readonly device?: Device;
  /**
   * Threads of the processor to use; 1 when left out, which one picture at a time hardly notices. More need a page that
   * is cross-origin isolated, and a bundler that leaves onnxruntime-web a file of its own.
   */
  readonly threads?: number;
  /** Where onnxruntime-web gets its WebAssembly file, for pages whose bundler does not copy it. */
  readonly wasm?: WasmOptions;
  /** A copy of ONNX Runtime of the caller's own. */
  readonly ort?: OrtModule;
}

/** What is asked of a decoder; one array for all calls, so that what follows from it is worked out once. */
const decoded = ['x'] as const;

/** Their names, for the refusal of others. */
export const decoderOptions = loadOptions.filter((name) => name !== 'worker') as (keyof DecoderOptions)[];

export interface DecodeOptions {
  readonly signal?: AbortSignal;
  /** For conditional models: the class of all items by number or name, or a list of one for each; see `VAE.decode`. */
  readonly label?: LabelInput;
}

/** The decoder of a model, ready to run. */
export interface Decoder {
  readonly name: string;
  /** Where it runs, such as 'wasm' or 'webgpu'. */
  readonly device: string;
  /** Every device looked at: whether it was taken, and why or why not. */
  readonly deviceReport: readonly DeviceReport[];
  /** Shape of one latent; -1 is any size. */
  readonly latentShape: readonly number[];
  /** Shape of one data item, [channels, height, width] for images; -1 is any size. */
  readonly dataShape: readonly number[];
  /** What is known of the model: kind, shape, order of axes and range of its data, kind of its latents. */
  readonly spec: ModelSpec;
  /** How many classes a conditional model has, and their names, for the option `label`; undefined for other models. */
  readonly labels: LabelSpec | undefined;
  /** Contents of vae.json; undefined for files of other makers. */
  readonly manifest: Manifest | undefined;
  /**
   * The data that latents stand for.
   *
   * @param z [N, ...latentShape] or one latent
   * @returns [N, ...dataShape], in the model's range
   * @throws VaeError "bad-input" for another shape or a NaN, "bad-option" for a missing label or one that the model does not
   * have, "disposed"; the signal's reason
   */
  decode(z: ArrayInput, options?: DecodeOptions): Promise<Tensor>;
  /** Waits for what is running, then frees the runtime's memory. May be called again. */
  dispose(): Promise<void>;
}

/**
 * Opens a model for decoding only: what encoding needs is not in this module, and the encoder is fetched only where there
 * is no vae.json, so that it has to tell what the data are. The decoder is fetched, checked and ready when the promise
 * resolves.
 *
 * @param source as for `VAE.load`; in a page the URL of a model's folder, or bytes
 * @throws VaeError "not-found", "download-failed", "bad-manifest", "bad-model", "no-device", "bad-option",
 * "unsupported" for a model without a decoder
 * @example
 * const decoder = await loadDecoder('/models/mnist-conv/');
 * drawTensor(document.querySelector('canvas')!, await decoder.decode([0.5, -1])); // { label: 7 } of a conditional model
 */
export async function loadDecoder(source: ModelSource, options?: DecoderOptions): Promise<Decoder> {
  return openDecoder(source, optionsOf(options, 'loadDecoder', decoderOptions));
}

/**
 * With options that were looked at already, among which may be others.
 *
 * @param check refuses a model by its description, before runtime and model file are fetched
 */
export async function openDecoder(
  source: ModelSource,
  options: DecoderOptions,
  check?: (spec: ModelSpec) => void,
): Promise<Decoder> {
  const { device, threads = 1, ort, wasm, signal } = options;
  signal?.throwIfAborted();
  const model = await openForDecoding(source, options);
  const conditional = model.spec.labels || model.spec.manifest?.labels?.conditional;
  const labels = conditional ? await import('./decoder-labels.js') : undefined;
  const spec = labels ? labels.withLabels(model.spec) : model.spec;
  const graph = decoderOf(spec);
  check?.(spec);
  const read = readAhead(model, signal);
  const modelBytes = model.spec.manifest?.files.decoder?.bytes;
  // Its .wasm file may never come.
  const runtime = await orAbort(loadRuntime({ device, threads, ort, wasm, modelBytes }), signal);
  const where = model.whereOf('decoder');
  const half = new Half({ where, graph, threads, runtime, read });
  const session = await half.session(signal);
  try {
    signal?.throwIfAborted();
    const labelling = graph.label ? labels!.labellingOf(spec, session, where) : unlabelled(spec);
    return makeDecoder(spec, half, runtime, labelling);
  } catch (error) {
    await half.release();
    throw error;
  }
}

function decoderOf({ name, decoder }: ModelSpec): GraphSpec {
  if (decoder) return decoder;
  throw new VaeError('unsupported', `${name}: the model has no decoder.`);
}

const unlabelled =
  ({ name }: ModelSpec): Labelling =>
  (batch, label) => {
    if (label === undefined) return batch;
    throw new VaeError('unsupported', `decode label: ${name} takes no labels; leave it out.`);
  };

/** Reads the file while the runtime starts; the first to ask gets it, so that it is not kept in memory. */
function readAhead(model: OpenModel, signal: AbortSignal | undefined) {
  let ahead: Promise<ModelFile> | undefined = model.read('decoder', signal);
  // Its failure is reported to who asks for it.
  ahead.catch(() => {});
  return (signal?: AbortSignal): Promise<ModelFile> => {
    const file = ahead ?? model.read('decoder', signal);
    ahead = undefined;
    return file;
  };
}

function makeDecoder(spec: ModelSpec, half: Half, { device, report }: Runtime, labelled: Labelling): Decoder {
  const running = new Set<Promise<unknown>>();
  let disposed: Promise<void> | undefined;
  return {
    name: spec.name,
    device,
    deviceReport: report,
    latentShape: spec.latent.shape,
    dataShape: spec.data.shape,
    spec,
    labels: spec.labels,
    manifest: spec.manifest,
    async decode(z, options) {
      if (disposed) throw new VaeError('disposed', `${spec.name}: used after dispose; load it again.`);
      const { signal, label } = optionsOf(options, 'decode', ['signal', 'label']);
      const batch = asBatch(toFloatTensor(z, 'decode z'), spec.latent.shape, 'decode z');
      const run = half.run(labelled(batch, label), decoded, signal);
      running.add(run);
      try {
        return (await run)[0]!;
      } finally {
        running.delete(run);
      }
    },
    dispose() {
      disposed ??= Promise.allSettled(running).then(() => half.release());
      return disposed;
    },
  };
}
