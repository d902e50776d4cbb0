import { VaeError } from '../../errors.js';
import type { WorkerLink, Workers } from '../../workers/connection.js';
import type { Reply } from '../../workers/protocol.js';

/** The part of a Web Worker that is used. */
interface WebWorker {
  addEventListener(type: 'message', listener: (event: { data: Reply }) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: { message?: string }) => void): void;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): void;
}

declare const Worker: new (url: URL | string, options: { type: 'module' }) => WebWorker;

export const workers: Workers = {
  // A page gets its turn between two runs, and a worker costs a second runtime.
  byDefault: false,
  starter(script) {
    if (typeof Worker !== 'function') return undefined;
    return () => linkTo(script ? workerOf(script()) : ourWorker());
  },
};

/** Written out so that bundlers see it; the path is from the built file, dist/platform/web.js. */
function ourWorker(): WebWorker {
  return new Worker(new URL('./web/workers-script.js', import.meta.url), { type: 'module' });
}

function workerOf(given: unknown): WebWorker {
  if (typeof given === 'string' || given instanceof URL) return new Worker(given, { type: 'module' });
  if (typeof (given as WebWorker | undefined)?.postMessage === 'function') return given as WebWorker;
  throw new VaeError(
    'bad-option',
    `worker: the function gave ${typeof given}, expected a Worker or the URL of its script.`,
  );
}

function linkTo(worker: WebWorker): WorkerLink {
  return {
    listen(message, failed) {
      worker.addEventListener('message', ({ data }) => message(data));
      const fail = ({ message: text }: { message?: string }) =>
        failed(text || 'its script did not load; pass worker a function that gives the script');
      worker.addEventListener('error', fail);
      worker.addEventListener('messageerror', fail);
    },
    post: (message, transfer) => worker.postMessage(message, transfer),
    // A page does not wait for its workers.
    hold() {},
    async stop() {
      worker.terminate();
    },
  };
}
