import { VaeError } from '../errors.js';
import type { GraphSpec, ModelFile, Port, Role } from '../model.js';
import { orAbort } from '../or-abort.js';
import type { ModelRuntime, Session, TensorLike } from '../runtime/types.js';
import { indexText, noItems, rows, show, sizeOf, type Tensor, tensor, zeros } from '../tensor.js';
import { firstNotFinite } from '../values.js';
import { assertInterface } from './graph-interface.js';
import { type Chunk, inLanes } from './lanes.js';
import { readPort } from './port.js';

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

/** A batch, with the values of the graph's other inputs for some of its items, in a run of `size` items. */
export interface Batch extends Tensor {
  readonly beside?: (chunk: Chunk, size: number) => Readonly<Record<string, TensorLike>>;
}

/** A session that is being made. */
interface Loading {
  readonly session: Promise<Session>;
  readonly stop: AbortController;
  waiting: number;
}

/** What is asked of a session for some values of a port each. */
interface Question {
  readonly ports: readonly Port[];
  /** The graph's outputs, each once. */
  readonly outputs: readonly string[];
  /** Whether the size of an item comes out of the run only. */
  readonly open: boolean;
  /** Numbers of the largest item, sizes that are open counted as one. */
  readonly largest: number;
}

/** One graph of a model, the encoder or the decoder: loads on first use, runs any batch in chunks. */
export class Half {
  readonly #options: HalfOptions;
  #session: Session | undefined;
  #loading: Loading | undefined;
  /** Worked out once: what is looked at after every run has to come back into the processor's caches. */
  readonly #questions = new Map<string, Question>();

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
      this.#leave(loading, signal?.reason);
    }
  }

  /** The last to leave stops it: it is there, or all gave up. By the reason, a deadline leaves what was downloaded. */
  #leave(loading: Loading, reason: unknown): void {
    if (--loading.waiting > 0) return;
    loading.stop.abort(reason);
    if (this.#loading === loading) this.#loading = undefined;
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
  async run(batch: Batch, roles: readonly Role[], signal?: AbortSignal): Promise<Tensor[]> {
    signal?.throwIfAborted();
    const made = this.#session?.lost === false ? this.#session : await this.session(signal);
    const session = made.sessionFor?.(batch.data.length) ?? made;
    const question = this.#question(roles, session);
    const { ports } = question;
    const count = batch.shape[0]!;
    if (count === 0) return ports.map(({ item }) => noItems(item));
    const open = count > 1 && question.open;
    const size = Math.max(batch.data.length / count, question.largest);
    const step = this.#step(count, size, session);
    const all = { from: 0, to: count };
    if (!open && step >= count) return this.#runChunk(session, batch, question, all, signal);

    const { where, graph } = this.#options;
    const values = ports.map(({ item }) => noItems(item));
    const work = async (chunk: Chunk) => {
      const parts = await this.#runChunk(session, batch, question, chunk, signal);
      for (const [i, part] of parts.entries()) values[i] = paste(part, chunk, values[i]!, { count, where });
    };
    if (!open) {
      await inLanes(chunks(0, count, step), session.lanes, work);
      return values;
    }
    // How large the items of an open size come out, the first one tells.
    const first = Math.min(graph.batch ?? 1, count);
    await work({ from: 0, to: first });
    const largest = Math.max(size, ...values.map(({ data }) => data.length / count));
    const rest = chunks(first, count, this.#step(count - first, largest, session));
    await inLanes(rest, session.lanes, work);
    return values;
  }

  async release(): Promise<void> {
    const session = this.#session ?? (await this.#loading?.session.catch(() => undefined));
    this.#session = undefined;
    await session?.release();
  }

  #question(roles: readonly Role[], session: Session): Question {
    const key = roles.join();
    const known = this.#questions.get(key);
    if (known) return known;
    const ports = roles.map((role) => this.#port(role, session));
    const items = ports.map(({ item }) => item);
    const question = {
      ports,
      outputs: [...new Set(ports.map(({ output }) => output))],
      open: items.some((item) => item.includes(-1)),
      largest: Math.max(1, ...items.map(knownSize)),
    };
    this.#questions.set(key, question);
    return question;
  }

  #port(role: Role, session: Session): Port {
    const { where, graph } = this.#options;
    const port = graph.outputs.find((candidate) => candidate.role === role);
    if (port && session.outputs.some(({ name }) => name === port.output)) return port;
    throw new VaeError('unsupported', `${where}: the graph has no output '${port?.output ?? role}'.`);
  }

  /** Items per run, of `count` with at most `size` numbers each. */
  #step(count: number, size: number, { lanes }: Session): number {
    const share = Math.max(minimumRows, Math.ceil(count / lanes));
    const most = Math.max(1, Math.min(maximumRows, share, Math.floor(maximumElements / size)));
    return this.#options.graph.batch ?? most;
  }

  async #runChunk(
    session: Session,
    batch: Batch,
    { ports, outputs }: Question,
    chunk: Chunk,
    signal: AbortSignal | undefined,
  ): Promise<Tensor[]> {
    const pause = session.pause?.();
    if (pause) await pause;
    signal?.throwIfAborted();
    const { where, graph } = this.#options;
    const count = chunk.to - chunk.from;
    // The caller's array may be transferred or resized while it waits.
    const check = () =>
      tensor(batch.data, batch.shape, `${where}: the array was changed during the call; pass a copy`);
    check();
    const feed = padded(rows(batch, chunk.from, chunk.to), graph.batch);
    const feeds = { ...batch.beside?.(chunk, feed.shape[0]!), [graph.input.name]: feed };
    const values = await session.run(feeds, outputs, signal).catch((error) => {
      signal?.throwIfAborted();
      check();
      throw located(error, where);
    });
    return ports.map((port) => {
      const value = readPort(values[port.output]!, port, { rows: feed.shape[0]!, where });
      const kept = rows(value, 0, count);
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
      .catch((error: unknown) => {
        throw located(error, where);
      });
    try {
      await assertInterface(where, session, graph);
      return session;
    } catch (error) {
      await session.release();
      throw error;
    }
  }
}

/**
 * The runtime knows no names of models, so what it says of a graph is given one. A lost GPU or worker is no graph's fault.
 */
function located(error: unknown, where: string): unknown {
  if (!(error instanceof VaeError)) return error;
  if (error.code !== 'bad-model' && !error.message.startsWith('ONNX')) return error;
  return new VaeError(error.code, `${where}: ${error.message}`, { cause: error.cause });
}

/** Elements of one item, counting sizes that are open as one. */
function knownSize(item: readonly number[]): number {
  return item.reduce((size, length) => size * Math.max(1, length), 1);
}

/** A graph that fixes its batch gets zeros behind the last items. */
function padded(batch: Tensor, size: number | undefined): Tensor {
  const [count, ...item] = batch.shape;
  if (size === undefined || size === count) return batch;
  const data = zeros([size, ...item], 'run');
  data.set(batch.data);
  return { data, shape: [size, ...item] };
}

function chunks(from: number, to: number, step: number): Chunk[] {
  const starts = Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
  return starts.map((start) => ({ from: start, to: Math.min(to, start + step) }));
}

/** Puts a chunk's value at its place in the whole, which it gives; the first one to come tells the size of an item. */
function paste(
  part: Tensor,
  { from }: Chunk,
  whole: Tensor,
  { count, where }: { count: number; where: string },
): Tensor {
  const item = part.shape.slice(1);
  const shape = [count, ...item];
  const result = whole.shape[0] === count ? whole : { data: zeros(shape, where), shape };
  result.data.set(part.data, from * sizeOf(item, where));
  return result;
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
    `${at.where}: output '${port.output}' is ${(Number.isNaN(data[bad]) && port.outside) || data[bad]} at ${index}; the input is too large, or the weights are no numbers.`,
  );
}
