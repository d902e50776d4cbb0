import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, SHARE_ENV, Worker } from 'node:worker_threads';
import { reason, VaeError } from '../../errors.js';
import type { WorkerLink, WorkerScript, Workers } from '../../workers/connection.js';
import { packageRoot } from './package-root.js';
import { closeGate, newGate } from './workers-gate.js';

export const workers: Workers = {
  // A caller that is in a worker thread itself already has a thread that may be blocked.
  byDefault: isMainThread,
  /** What starts a worker thread; undefined where its script is not, as in a bundle. */
  starter(script) {
    const file = script ? scriptOf(script) : workerFile();
    return file === undefined ? undefined : () => startWorker(file);
  },
};

/** A class of our own: Turbopack takes `new Worker(file)` for a name of every file in the package. */
class ModelThread extends Worker {}

const gates = new Set<Int32Array>();

function startWorker(file: string | URL): WorkerLink {
  const gate = newGate();
  // Without the process's own flags, of which some (such as --input-type) are refused in workers.
  const worker = new ModelThread(file, { workerData: { gate }, env: SHARE_ENV, execArgv: [], name: 'vae' });
  if (gates.size === 0) process.on('exit', closeGates);
  gates.add(gate);
  worker.once('exit', () => {
    gates.delete(gate);
    if (gates.size === 0) process.off('exit', closeGates);
  });
  return {
    listen(message, failed) {
      worker.on('message', message);
      worker.on('messageerror', (cause) => failed(reason(cause), cause));
      worker.on('error', (cause) => failed(reason(cause), cause));
      worker.on('exit', (code) => failed(`it ended with exit code ${code}`));
    },
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: (on) => (on ? worker.ref() : worker.unref()),
    async stop() {
      await worker.terminate();
    },
  };
}

/** Ending a worker inside ONNX Runtime aborts the process, so its end waits until all are out. */
function closeGates(): void {
  for (const gate of gates) closeGate(gate);
}

function scriptOf(script: WorkerScript): string | URL {
  const given = script();
  if (typeof given === 'string' || given instanceof URL) return given;
  throw new VaeError(
    'bad-option',
    `worker: the function gave ${typeof given}, expected the URL of a script.`,
  );
}

/** The built script, also when this file is not built. */
function workerFile(): string | undefined {
  const root = packageRoot();
  const file = root && join(root, 'dist', 'platform', 'node', 'workers-script.js');
  return file && existsSync(file) ? file : undefined;
}
