import type { OrtHost } from '../host.js';
import type { OrtModule, OrtSession } from '../types.js';
import { saysLost } from './says-lost.js';

/** The part of WebGPU's GPUDevice that is used. */
interface GpuDevice {
  readonly lost: Promise<{ readonly message: string }>;
}

/** Makes the error that says that the GPU is no more. */
type Lost = (text: string) => Error;

/** How long after a failure the news of the loss that caused it may come. */
const newsMs = 300;

/**
 * The GPU of one copy of ONNX Runtime, which all its sessions share, for calls one after another. When it is lost (the
 * driver was reset or updated, the browser's GPU process died), the call under way may never settle, and a later one
 * blocks its thread for ever. So none is made any more then, be it to run or to release, and none is waited for.
 */
class Gpu {
  readonly #ort: OrtModule;
  readonly #open = new Set<OrtSession>();
  readonly #host: OrtHost;
  readonly #error: Lost;
  #device: GpuDevice | undefined;
  #lost: Error | undefined;
  /** Rejects the call under way. */
  #giveUp: (error: Error) => void = () => {};

  constructor(ort: OrtModule, host: OrtHost, error: Lost) {
    this.#ort = ort;
    this.#host = host;
    this.#error = error;
  }

  async create(bytes: Uint8Array, options: object): Promise<OrtSession> {
    const session = await this.#call(() => this.#ort.InferenceSession.create(bytes, options));
    this.#open.add(session);
    this.#watch(await this.#ort.env?.webgpu?.device);
    const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
    return {
      ...{ inputNames, outputNames, inputMetadata, outputMetadata },
      run: (...given: Parameters<OrtSession['run']>) => this.#call(() => session.run(...given)),
      release: () => this.#release(session),
    };
  }

  async #release(session: OrtSession): Promise<void> {
    this.#open.delete(session);
    // With its last session, ONNX Runtime gives up the device, which then counts as lost.
    if (this.#open.size === 0) this.#device = undefined;
    if (this.#lost) return;
    await this.#call(() => session.release()).catch((error) => {
      // With the GPU, what the session held there is gone.
      if (error !== this.#lost) throw error;
    });
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#lost) throw this.#lost;
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#giveUp = reject;
        work().then(resolve, reject);
      });
    } catch (error) {
      if (saysLost(error)) this.#lose(String(error));
      else if (this.#device) await new Promise((waited) => setTimeout(waited, newsMs));
      throw this.#lost ?? error;
    }
  }

  #watch(device: GpuDevice | undefined): void {
    if (!device || device === this.#device) return;
    this.#device = device;
    void device.lost.then(({ message }) => {
      if (device === this.#device) this.#lose(message);
    });
  }

  #lose(why: string): void {
    const inPage = this.#host.os === 'browser';
    const [anew, other] = inPage ? ['reload the page', 'wasm'] : ['start the process anew', 'cpu'];
    const text = `The GPU was lost (${why.trim().replace(/\.$/, '')}); ${anew}, or load the model with device: '${other}'.`;
    this.#lost ??= this.#error(text);
    this.#giveUp(this.#lost);
  }
}

const gpus = new WeakMap<OrtModule, Gpu>();

/**
 * Makes a session on WebGPU whose calls fail at once when the GPU was lost. Loaded when it is needed; imports nothing
 * of what is loaded before, as `explainWasm` does not.
 *
 * @throws the error of `lost`; ONNX Runtime's own
 */
export function createOnGpu(
  ort: OrtModule,
  host: OrtHost,
  bytes: Uint8Array,
  options: object,
  lost: Lost,
): Promise<OrtSession> {
  const gpu = gpus.get(ort) ?? new Gpu(ort, host, lost);
  gpus.set(ort, gpu);
  return gpu.create(bytes, options);
}
