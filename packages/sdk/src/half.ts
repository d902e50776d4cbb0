import { VaeError } from './errors.js';
import { orAbort } from './load/watch.js';
import type { GraphSpec, ModelFile, Port, Role } from './model.js';
import { readPort } from './port.js';
import type { ModelRuntime, Session, TensorInfo } from './runtime/index.js';
import { indexText, rows, show, sizeOf, type Tensor, zeros } from './tensor.js';
import { firstNotFinite } from './values.js';

export interface HalfOptions {
  /** What errors call it, such as "models/mnist-conv/encoder.onnx". */
  readonly where: string;
  readonly graph: GraphSpec;
  readonly threads: number | undefined;
  readonly runtime: ModelRuntime;
  /** The model's file, already checked. */
  read(signal?: AbortSignal): Promise<ModelFile>;
}

/** Items per run: enough to keep the processor busy, few enough that an AbortSignal is noticed soon. */
const maximumRows = 256;
/** And no more than this many numbers per run, in or out. */
const maximumElements = 2 ** 24;
/** Fewer items than this are not worth a lane of their own. */
const minimumRows = 4;

/** A session that is being made. */
interface Loading {
  readonly session: Promise<Session>;
  readonly stop: AbortController;
  waiting: number;
}

/** Items `from` to `to` (exclusive) of a batch. */
interface Chunk {
  readonly from: number;
  readonly to: number;
}

/** One graph of a model, the encoder or the decoder: loads on first use, runs any batch in chunks. */
export class Half {
  readonly #options: HalfOptions;
  #session: Session | undefined;
  #loading: Loading | undefined;

  constructor(options: HalfOptions) {
    this.#options = options;
  }

  /**
   * The session; made on the first call, and again when the worker that held it was lost. A failed attempt is
   * forgotten, so the next call tries again. Those who wait for the same one may leave by their signals; the last to
   * leave stops it.
   */
  async session(signal?: AbortSignal): Promise<Session> {
    signal?.throwIfAborted();
    const made = await this.#loaded();
    if (made) return made;
    this.#loading ??= this.#load();
    const loading = this.#loading;
    loading.waiting++;
    try {
      return await orAbort(loading.session, signal);
    } finally {
      if (--loading.waiting === 0) this.#leave(loading);
    }
  }

  /** The session that is there, unless the worker that held it died. */
  async #loaded(): Promise<Session | undefined> {
    if (!this.#session?.lost) return this.#session;
    const lost = this.#session;
    this.#session = undefined;
    await lost.release();
    return undefined;
  }

  #load(): Loading {
    const stop = new AbortController();
    const session = this.#create(stop.signal);
    const loading = { session, stop, waiting: 0 };
    session.then(
      (session) => this.#settle(loading, session),
      () => this.#settle(loading, undefined),
    );
    return loading;
  }

  /** Nobody waits any more: because it is there, or because all gave up. */
  #leave(loading: Loading): void {
    loading.stop.abort();
    if (this.#loading === loading) this.#loading = undefined;
  }

  #settle(loading: Loading, session: Session | undefined): void {
    if (this.#loading !== loading) {
      void session?.release();
      return;
    }
    this.#loading = undefined;
    this.#session = session;
  }

  /**
   * Runs a batch [N, ...item] and gives the values asked for, each [N, ...its item]. Chunks run side by side where
   * the runtime has several lanes.
   *
   * @throws the signal's reason when it is aborted between two chunks; VaeError "not-finite" naming the output and index
   */
  async run(batch: Tensor, roles: readonly Role[], signal?: AbortSignal): Promise<Tensor[]> {
    signal?.throwIfAborted();
    const session = await this.session(signal);
    const ports = roles.map((role) => this.#port(role, session));
    const count = batch.shape[0]!;
    const whole: Tensor[] = ports.map(({ item }) => empty(item));
    const take = (chunk: Chunk, values: readonly Tensor[]) => {
      for (const [i, value] of values.entries()) {
        if (chunk.to - chunk.from === count) whole[i] = value;
        else paste(value, chunk, whole, { i, count, where: this.#options.where });
      }
    };
    const work = async (chunk: Chunk) => {
      signal?.throwIfAborted();
      take(chunk, await this.#runChunk(session, batch, ports, chunk));
    };
    // How large the items of an open size come out, the first one tells.
    const open = count > 1 && ports.some(({ item }) => item.includes(-1));
    const first = open ? (this.#options.graph.batch ?? 1) : 0;
    if (open) await work({ from: 0, to: Math.min(first, count) });
    const largest = Math.max(...[batch, ...whole].map(({ shape }) => sizeOf(shape.slice(1), 'run')), 1);
    const size = Math.max(largest, ...ports.map(({ item }) => known(item)));
    await inLanes(this.#chunks(first, count, size, session.lanes), session.lanes, work);
    return whole;
  }

  async release(): Promise<void> {
    const session = this.#session ?? (await this.#loading?.session.catch(() => undefined));
    this.#session = undefined;
    await session?.release();
  }

  #port(role: Role, session: Session): Port {
    const { where, graph } = this.#options;
    const port = graph.outputs.find((candidate) => candidate.role === role);
    if (port && session.outputs.some(({ name }) => name === port.output)) return port;
    throw new VaeError('unsupported', `${where}: the graph has no output '${port?.output ?? role}'.`);
  }

  /** Cuts what is left of a batch whose items have at most `size` numbers. */
  #chunks(first: number, count: number, size: number, lanes: number): Chunk[] {
    const share = Math.max(minimumRows, Math.ceil((count - first) / lanes));
    const step =
      this.#options.graph.batch ??
      Math.max(1, Math.min(maximumRows, share, Math.floor(maximumElements / size)));
    const chunks: Chunk[] = [];
    for (let from = first; from < count; from += step)
      chunks.push({ from, to: Math.min(count, from + step) });
    return chunks;
  }

  async #runChunk(session: Session, batch: Tensor, ports: readonly Port[], chunk: Chunk): Promise<Tensor[]> {
    const { where, graph } = this.#options;
    const count = chunk.to - chunk.from;
    const feed = padded(rows(batch, chunk.from, chunk.to), graph.batch);
    const names = [...new Set(ports.map(({ output }) => output))];
    const values = await session.run({ [graph.input.name]: feed }, names);
    return ports.map((port) => {
      const value = readPort(values[port.output]!, port, { rows: feed.shape[0]!, where });
      const kept = value.shape[0] === count ? value : rows(value, 0, count);
      assertFinite(kept, port, { where, from: chunk.from });
      return kept;
    });
  }

  async #create(signal?: AbortSignal): Promise<Session> {
    const { where, runtime, threads, graph } = this.#options;
    const { bytes, externalData } = await this.#options.read(signal);
    const open = graph.input.item.includes(-1);
    const session = await runtime
      .createSession(bytes, { threads, externalData, wide: open })
      .catch((cause: unknown) => {
        if (cause instanceof VaeError && cause.code === 'bad-model') {
          throw new VaeError('bad-model', `${where}: ${cause.message}`, { cause: cause.cause });
        }
        throw cause;
      });
    try {
      assertInterface(where, session, graph);
      return session;
    } catch (error) {
      await session.release();
      throw error;
    }
  }
}

/** Elements of one item, counting sizes that are open as one. */
function known(item: readonly number[]): number {
  return item.reduce((size, length) => size * Math.max(1, length), 1);
}

function empty(item: readonly number[]): Tensor {
  return { data: new Float32Array(0), shape: [0, ...item.map((size) => Math.max(0, size))] };
}

/** A graph that fixes its batch gets zeros behind the last items. */
function padded(batch: Tensor, size: number | undefined): Tensor {
  const [count, ...item] = batch.shape;
  if (size === undefined || size === count) return batch;
  const data = zeros([size, ...item], 'run');
  data.set(batch.data);
  return { data, shape: [size, ...item] };
}

/** Puts a chunk's value at its place in the whole; the first one to come tells the size of an item. */
function paste(
  value: Tensor,
  { from }: Chunk,
  whole: Tensor[],
  { i, count, where }: { i: number; count: number; where: string },
): void {
  const item = value.shape.slice(1);
  const shape = [count, ...item];
  if (whole[i]!.shape[0] !== count) whole[i] = { data: zeros(shape, where), shape };
  whole[i]!.data.set(value.data, from * sizeOf(item, where));
}

/**
 * Works through chunks, at most `lanes` at a time. After a failure no further one starts, and it is reported once
 * nothing runs any more, so that a session is never let go of under a run.
 */
async function inLanes(
  chunks: readonly Chunk[],
  lanes: number,
  work: (chunk: Chunk) => Promise<void>,
): Promise<void> {
  const queue = chunks.values();
  let failed = false;
  const lane = async () => {
    for (const chunk of queue) {
      if (failed) return;
      await work(chunk).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, chunks.length) }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Refuses NaN and infinity; a logvar of minus infinity stands for a variance of 0. */
function assertFinite({ data, shape }: Tensor, port: Port, at: { where: string; from: number }): void {
  const certain = (value: number) => port.role === 'logvar' && value === Number.NEGATIVE_INFINITY;
  if (firstNotFinite(data) < 0) return;
  const bad = data.findIndex((value) => !Number.isFinite(value) && !certain(value));
  if (bad < 0) return;
  const [row, ...rest] = indexText(bad, shape).slice(1, -1).split(', ');
  const index = show([Number(row) + at.from, ...rest]);
  throw new VaeError(
    'not-finite',
    `${at.where}: output '${port.output}' is ${data[bad]} at ${index}; the input is too large for the model, or its weights are no numbers.`,
  );
}

/** Compares the graph's declared inputs and outputs with what is said of it. */
function assertInterface(where: string, session: Session, { input, outputs, batch }: GraphSpec): void {
  assertPort(where, 'input', session.inputs, { ...input, batch });
  for (const { output, item, part, optional } of outputs) {
    if (optional && !session.outputs.some(({ name }) => name === output)) continue;
    const size = item.map((length, axis) => (axis === part?.axis && length > 0 ? 2 * length : length));
    assertPort(where, 'output', session.outputs, { name: output, item: size, batch });
  }
  const other = session.inputs.find(({ name }) => name !== input.name);
  if (other) throw new VaeError('bad-model', `${where}: the graph also wants an input '${other.name}'.`);
}

function assertPort(
  where: string,
  side: 'input' | 'output',
  declared: readonly TensorInfo[],
  { name, item, batch }: { name: string; item: readonly number[]; batch: number | undefined },
): void {
  const info = declared.find((value) => value.name === name);
  if (!info) {
    const has = declared.map((value) => `'${value.name}'`).join(', ') || 'none';
    throw new VaeError('bad-model', `${where}: an ${side} '${name}' is needed, the graph has ${has}.`);
  }
  const { dtype, dims } = info;
  // A graph may leave sizes open; those it states have to agree. The first one is open, or the batch.
  const agrees = (stated: number | string | undefined, size: number) =>
    typeof stated !== 'number' || size === -1 || stated === size;
  const fits =
    dims.length === 0 ||
    (dims.length === item.length + 1 &&
      (typeof dims[0] !== 'number' || dims[0] === batch) &&
      item.every((size, i) => agrees(dims[i + 1], size)));
  if ((dtype !== 'float32' && dtype !== 'float16') || !fits) {
    const wanted = show([batch ?? 'N', ...item]);
    throw new VaeError(
      'bad-model',
      `${where}: ${side} '${name}' is ${dtype} ${show(dims)}, needed is float32 ${wanted}.`,
    );
  }
}
