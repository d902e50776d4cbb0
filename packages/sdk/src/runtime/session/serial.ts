import type { Turn } from './session.js';

/**
 * A queue of the whole thread: tasks run one after another in the order of the calls, one at once when none is under way.
 * It is on the global object, because a process may hold this package twice, as a module and as CommonJS.
 */
function queue(name: string): Turn {
  const key = Symbol.for(`@vae/sdk/${name}`);
  const shared = globalThis as { [key]?: Promise<unknown> };
  return (task) => {
    const before = shared[key];
    const result = before ? before.then(task) : task();
    const ended = () => {
      if (shared[key] === last) shared[key] = undefined;
    };
    const last = result.then(ended, ended);
    shared[key] = last;
    return result;
  };
}

/**
 * Runs tasks one after another in the order of the calls, in the whole thread; one at once when none is under way.
 * Everything that touches WebGPU goes through here: overlapping runs corrupt the memory of onnxruntime-web and crash
 * onnxruntime-node.
 *
 * A task may not wait for a later one, and so not for a call of the SDK that runs a model on WebGPU.
 */
export const serially = queue('serial');

/**
 * The same for what onnxruntime-node does on the processor in the caller's thread: it computes in `setImmediate`, and
 * Node works through all of those that are waiting before it looks at a timer.
 */
export const byTurns = queue('turns');
