import { VaeError } from './errors.js';
import type { Runtime, Session, TensorInfo } from './runtime/index.js';
import { indexText, show, sizeOf, type Tensor, zeros } from './tensor.js';

/** One output that a graph has to have, and the shape of one item of it. */
export interface Wanted {
  readonly name: string;
  readonly item: readonly number[];
  readonly optional?: boolean;
}

export interface HalfOptions {
  /** What errors call it, such as "models/mnist-conv/encoder.onnx". */
  readonly where: string;
  readonly input: Wanted;
  readonly outputs: readonly Wanted[];
  readonly threads: number | undefined;
  readonly runtime: Runtime;
  /** Model bytes, already checked. */
  read(signal?: AbortSignal): Promise<Uint8Array>;
}

/** Items per run: enough to keep the processor busy, few enough that an AbortSignal is noticed soon. */
const maximumRows = 256;
/** And no more than this many numbers per run, in or out. */
const maximumElements = 2 ** 24;

/** One graph of a model, the encoder or the decoder: loads on first use, runs any batch in chunks. */
export class Half {
  readonly #options: HalfOptions;
  #session: Promise<Session> | undefined;

  constructor(options: HalfOptions) {
    this.#options = options;
  }

  /** The session; made on the first call. A failed attempt is forgotten, so the next call tries again. */
  session(signal?: AbortSignal): Promise<Session> {
    if (!this.#session) {
      const session = this.#create(signal);
      session.catch(() => {
        if (this.#session === session) this.#session = undefined;
      });
      this.#session = session;
    }
    return this.#session;
  }

  /**
   * Runs a batch [N, ...item] and gives the named outputs, each [N, ...its item].
   *
   * @throws the signal's reason when it is aborted between two chunks; VaeError "not-finite" naming the output and index
   */
  async run(batch: Tensor, names: readonly string[], signal?: AbortSignal): Promise<Tensor[]> {
    signal?.throwIfAborted();
    const { where, input, outputs } = this.#options;
    const session = await this.session(signal);
    const items = names.map((name) => outputs.find((output) => output.name === name)!.item);
    const missing = names.find((name) => !session.outputs.some((output) => output.name === name));
    if (missing) throw new VaeError('unsupported', `${where}: the graph has no output '${missing}'.`);
    const count = batch.shape[0]!;
    const inputSize = sizeOf(input.item, where);
    const sizes = items.map((item) => sizeOf(item, where));
    const step = Math.max(
      1,
      Math.min(maximumRows, Math.floor(maximumElements / Math.max(inputSize, ...sizes))),
    );
    const results: { data: Float32Array | undefined; shape: number[] }[] = items.map((item) => ({
      data: count <= step ? undefined : zeros([count, ...item], where),
      shape: [count, ...item],
    }));
    for (let from = 0; from < count; from += step) {
      signal?.throwIfAborted();
      const to = Math.min(count, from + step);
      const data = batch.data.subarray(from * inputSize, to * inputSize);
      const values = await session.run({ [input.name]: { data, shape: [to - from, ...input.item] } }, names);
      for (const [i, name] of names.entries()) {
        const value = values[name]!.data as Float32Array;
        if (value.length !== (to - from) * sizes[i]!) {
          const got = show(values[name]!.shape);
          throw new VaeError(
            'bad-model',
            `${where}: output '${name}' is ${got}, expected ${show([to - from, ...items[i]!])}.`,
          );
        }
        assertFinite(value, { name, where, shape: [count, ...items[i]!], from: from * sizes[i]! });
        const result = results[i]!;
        if (result.data) result.data.set(value, from * sizes[i]!);
        else result.data = value;
      }
    }
    return results.map(({ data, shape }) => ({ data: data ?? new Float32Array(0), shape }));
  }

  async release(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    await session?.release();
  }

  async #create(signal?: AbortSignal): Promise<Session> {
    const { where, runtime, threads, input, outputs } = this.#options;
    const bytes = await this.#options.read(signal);
    const session = await runtime.createSession(bytes, { threads }).catch((cause: unknown) => {
      if (cause instanceof VaeError && cause.code === 'bad-model') {
        throw new VaeError('bad-model', `${where}: ${cause.message}`, { cause: cause.cause });
      }
      throw cause;
    });
    try {
      assertInterface(where, 'input', session.inputs, [input]);
      assertInterface(where, 'output', session.outputs, outputs);
      const other = session.inputs.find(({ name }) => name !== input.name);
      if (other) throw new VaeError('bad-model', `${where}: the graph also wants an input '${other.name}'.`);
      return session;
    } catch (error) {
      await session.release();
      throw error;
    }
  }
}

/** Refuses NaN and infinity; a logvar of minus infinity stands for a variance of 0. */
function assertFinite(
  values: Float32Array,
  { name, where, shape, from }: { name: string; where: string; shape: readonly number[]; from: number },
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value) || (name === 'logvar' && value === Number.NEGATIVE_INFINITY)) continue;
    throw new VaeError(
      'not-finite',
      `${where}: output '${name}' is ${value} at ${indexText(from + i, shape)}; the input is too large for the model, or its weights are no numbers.`,
    );
  }
}

/** Compares the graph's declared inputs or outputs with what the manifest says. */
function assertInterface(
  where: string,
  side: 'input' | 'output',
  declared: readonly TensorInfo[],
  wanted: readonly Wanted[],
): void {
  for (const { name, item, optional } of wanted) {
    const info = declared.find((value) => value.name === name);
    if (!info) {
      if (optional) continue;
      const has = declared.map((value) => `'${value.name}'`).join(', ') || 'none';
      throw new VaeError(
        'bad-model',
        `${where}: the manifest asks for an ${side} '${name}', the graph has ${has}.`,
      );
    }
    const { dtype, dims } = info;
    // A graph may leave sizes open; those it states have to agree. The first one has to be open.
    const fits =
      dims.length === 0 ||
      (dims.length === item.length + 1 &&
        typeof dims[0] !== 'number' &&
        item.every((size, i) => typeof dims[i + 1] !== 'number' || dims[i + 1] === size));
    if (dtype !== 'float32' || !fits) {
      throw new VaeError(
        'bad-model',
        `${where}: ${side} '${name}' is ${dtype} ${show(dims)}, the manifest asks for float32 ${show(['N', ...item])}.`,
      );
    }
  }
}
