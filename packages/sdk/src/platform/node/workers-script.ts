import { parentPort, workerData } from 'node:worker_threads';
import { serve } from '../../workers/serve.js';
import { host } from './host.js';
import { workerGate } from './workers-gate.js';

/** A worker thread that runs models; see `WorkerPool`. */
const port = parentPort!;
const gate = workerGate((workerData as { gate: Int32Array }).gate);
port.on(
  'message',
  serve(host, gate, (reply, transfer) => port.postMessage(reply, transfer)),
);
