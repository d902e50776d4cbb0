import { host, workers } from '#platform';
import { reason, VaeError } from '../errors.js';
import { worthwhileBytes } from '../runtime/devices/webgpu.js';
import { askedFor, assertOptions, type RuntimeOptions } from '../runtime/find-runtime.js';
import { loadRuntime } from '../runtime/runtime.js';
import { serially } from '../runtime/session/serial.js';
import { atOnce } from '../runtime/session/session.js';
import { assertThreads } from '../runtime/session/session-options.js';
import type { Device, ModelRuntime, Session, SessionOptions } from '../runtime/types.js';
import type { WasmOptions } from '../runtime/wasm/wasm-files.js';
import type { WorkerLink, WorkerScript } from './connection.js';
import { isLost, type PooledModel, WorkerPool } from './pool.js';
import type { Created, Started } from './protocol.js';
import { ShortRuns } from './short-runs.js';

export interface PooledRuntimeOptions extends Omit<RuntimeOptions, 'ownThread'> {
  /**
   * Where runs happen. Left out: in worker threads in Node (where those can be started), in this thread in browsers.
   * On Node's `cpu` a model below 4 MiB then gets a session in this thread too, after some runs that were short, and
   * runs of less than 4 ms are made there while no other run of the model is under way: a message to a worker would
   * take longer. `true`: all in workers, or an error. `false`: in this thread. A function: as `true`, and it gives the
   * worker's script as a URL, or in browsers a started module Worker, a new one on each call. Workers are shared, so
   * that the first call for a device decides. A runtime of the caller's own (`ort`) always runs in this thread.
   *
   * Results are the same in both places, but for numbers below 1.2e-38: a worker may give zero for them. ONNX Runtime's
   * kernels are many times slower on such numbers (a matrix product with 5 % of them among its weights took 90 times
   * as long), and can only be spared that for a whole thread, whose JavaScript would then lose them as well. So this
   * thread, which is the caller's, is left as it is.
   */
  readonly worker?: boolean | WorkerScript;
}

/**
 * From this size on a model has one session with all threads, instead of sessions of one thread side by side: those
 * would each hold its weights.
 */
const wideBytes = 32 * 2 ** 20;

/** Up to this size a session is made within some 8 ms, for which the calling thread stands still. */
const quickBytes = 4 * 2 ** 20;

interface Opened {
  readonly pool: WorkerPool;
  readonly started: Started;
}

/** One pool for each device, for all models of the process; that of 'auto' is also that of the device it became. */
const pools = new Map<string, Promise<Opened>>();

/**
 * Finds ONNX Runtime, to run in workers that all models share, so that this thread stays free and several calls use
 * several cores. Idle workers do not keep a process alive.
 *
 * @throws VaeError "no-device" as `loadRuntime`, "unsupported" when workers were asked for and there are none
 * @example const runtime = await loadPooledRuntime({ threads: 2 }); runtime.worker // true in Node
 */
export async function loadPooledRuntime(options: PooledRuntimeOptions = {}): Promise<ModelRuntime> {
  await assertOptions(host, options);
  const { ort, worker = workers.byDefault, device = 'auto' } = options;
  if (typeof worker !== 'boolean' && typeof worker !== 'function') {
    throw new VaeError(
      'bad-option',
      `worker is ${String(worker)}, expected true, false or a function that gives its script.`,
    );
  }
  if (ort || worker === false) return loadRuntime(options);
  const startWorker = workers.starter(worker === true ? undefined : worker);
  try {
    if (!startWorker) throw new VaeError('unsupported', 'worker: its script was not found; pass a function.');
    return poolRuntime(await openPool(startWorker, device, options), options);
  } catch (error) {
    // Nobody asked for workers.
    if (options.worker === undefined && error instanceof VaeError && error.code === 'unsupported') {
      return loadRuntime(options);
    }
    throw error;
  }
}

/** The pool of a device; started on the first call, and again after a failure. */
function openPool(startWorker: () => WorkerLink, device: Device, options: RuntimeOptions): Promise<Opened> {
  const key = poolKey(device, options);
  let opened = pools.get(key);
  if (!opened) {
    opened = open(startWorker, device, options);
    pools.set(key, opened);
    opened.then(
      ({ started }) => pools.has(started.device) || pools.set(started.device, opened!),
      () => pools.delete(key),
    );
  }
  return opened;
}

/** On a page 'auto' may be another device for large models. */
function poolKey(device: Device, { modelBytes = 0 }: RuntimeOptions): string {
  const large = device === 'auto' && host.os === 'browser' && modelBytes >= worthwhileBytes;
  return large ? 'auto for large models' : device;
}

async function open(startWorker: () => WorkerLink, device: Device, options: RuntimeOptions): Promise<Opened> {
  const { wasm, modelBytes } = options;
  const turn = device !== 'auto' && host.devices[device]?.serial ? serially : atOnce;
  const pool = new WorkerPool(startWorker, { device, wasm: sendable(wasm), modelBytes }, turn);
  try {
    return { pool, started: await pool.open() };
  } catch (cause) {
    if (cause instanceof VaeError && cause.code !== 'runtime-failed') throw cause;
    const why = reason(cause).replace(/\.?$/, '.');
    const text = `worker: ${why} Pass worker: false to run in this thread.`;
    throw new VaeError('unsupported', text, { cause });
  }
}

/** URL objects cannot be sent; they become their text. */
function sendable(wasm: WasmOptions | undefined): WasmOptions | undefined {
  return wasm?.paths ? { ...wasm, paths: JSON.parse(JSON.stringify(wasm.paths)) } : wasm;
}

function poolRuntime(
  { pool, started }: Opened,
  { device = 'auto', threads, worker }: PooledRuntimeOptions,
): ModelRuntime {
  // On a page each worker holds another copy of the runtime, so further ones are made only on request.
  const total = threads ?? (host.os === 'browser' ? 1 : host.defaultThreads());
  return {
    ...started,
    threads: total,
    report: device === 'auto' ? started.report : askedFor(device),
    worker: true,
    async createSession(bytes, options = {}) {
      const { wide = false, ...rest } = options;
      const most = options.threads ?? total;
      assertThreads(most);
      const size = sizeOf(bytes, options);
      const lanes = host.devices[started.device]?.cores && !wide && size < wideBytes ? most : 1;
      const sessionOptions = { ...rest, threads: lanes > 1 ? 1 : most };
      const [model, created] = await pool.create(bytes, sessionOptions, lanes);
      const session = pooledSession(pool, model, created);
      if (worker !== undefined || started.device !== 'cpu' || wide || size >= quickBytes) return session;
      // The caller's own bytes may change.
      const kept = model.bytes ?? new Uint8Array(bytes);
      return new ShortRuns(session, model.pace, async () => {
        const runtime = await loadRuntime({ device: 'cpu', threads: most });
        return runtime.createSession(kept, rest);
      });
    },
  };
}

function sizeOf(bytes: Uint8Array, { externalData = [] }: SessionOptions): number {
  return externalData.reduce((sum, { data }) => sum + data.length, bytes.length);
}

function pooledSession(pool: WorkerPool, model: PooledModel, { inputs, outputs }: Created): Session {
  return {
    inputs,
    outputs,
    lanes: model.lanes,
    get lost() {
      return isLost(model);
    },
    run: (feeds, fetches) => pool.run(model, feeds, fetches),
    release: () => pool.release(model),
  };
}
