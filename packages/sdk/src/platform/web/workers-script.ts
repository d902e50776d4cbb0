import * as wasm from 'onnxruntime-web/wasm';
import * as webgpu from 'onnxruntime-web/webgpu';
import type { Reply, Request } from '../../workers/protocol.js';
import { type Gate, serve } from '../../workers/serve.js';
import { webHost } from './workers-host.js';

interface WorkerScope {
  addEventListener(type: 'message', listener: (event: { data: Partial<Request> }) => void): void;
  postMessage(message: Reply, transfer: ArrayBuffer[]): void;
}

/** A Web Worker that runs models; see `WorkerPool`. */
const scope = globalThis as unknown as WorkerScope;
/** Both builds at once: bundlers such as Vite 7 refuse workers that import anything later. */
const host = webHost(async (build) => (build === 'webgpu' ? webgpu : wasm));
/** A page that ends takes its workers along at any moment. */
const gate: Gate = { enter: () => Promise.resolve(), leave() {} };
const handle = serve(host, gate, (reply, transfer) => scope.postMessage(reply, transfer));
// In a bundle this script is also what ONNX Runtime starts its threads from; their messages are not for us.
scope.addEventListener('message', ({ data }) => data.question && handle(data as Request));
