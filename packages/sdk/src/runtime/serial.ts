/** On the global object, because a process may hold this package twice, as a module and as CommonJS. */
const key = Symbol.for('@vae/sdk/serial');
const shared = globalThis as { [key]?: Promise<unknown> };

/**
 * Runs tasks one after another in the order of the calls, in the whole thread; one at once when none is under way.
 * Everything that touches WebGPU goes through here: overlapping runs corrupt the memory of onnxruntime-web and crash
 * onnxruntime-node. So does all that onnxruntime-node does in the caller's thread: it computes in `setImmediate`, and
 * Node works through all of those that are waiting before it looks at a timer.
 */
export function serially<T>(task: () => Promise<T>): Promise<T> {
  const before = shared[key];
  const result = before ? before.then(task) : task();
  const ended = () => {
    if (shared[key] === last) shared[key] = undefined;
  };
  const last = result.then(ended, ended);
  shared[key] = last;
  return result;
}
