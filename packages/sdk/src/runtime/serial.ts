/** On the global object, because a process may hold this package twice, as a module and as CommonJS. */
const key = Symbol.for('@vae/sdk/serial');
const shared = globalThis as { [key]?: Promise<unknown> };

/**
 * Runs tasks one after another in the order of the calls, in the whole thread. Everything that touches WebGPU goes
 * through here: overlapping runs corrupt the memory of onnxruntime-web and crash onnxruntime-node.
 */
export function serially<T>(task: () => Promise<T>): Promise<T> {
  const result = (shared[key] ?? Promise.resolve()).then(task);
  shared[key] = result.catch(() => {});
  return result;
}
