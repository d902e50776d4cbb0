/** The queue of `@vae/sdk` for everything that touches WebGPU; both packages may be at work in one page. */
const key = Symbol.for('@vae/sdk/serial');
const shared = globalThis as { [key]?: Promise<unknown> };

/** Runs tasks one after another in the order of the calls: WebGPU runs that overlap corrupt ONNX Runtime's memory. */
export function serially<T>(task: () => Promise<T>): Promise<T> {
  const result = (shared[key] ?? Promise.resolve()).then(task);
  shared[key] = result.catch(() => {});
  return result;
}
