import * as wasm from 'onnxruntime-web/wasm';
import * as webgpu from 'onnxruntime-web/webgpu';
import type { OrtBuild } from '../../runtime/host.js';
import type { Reply, Request } from '../../workers/protocol.js';
import { type Gate, serve } from '../../workers/serve.js';
import { webHost } from './make-host.js';

interface WorkerScope {
  addEventListener(type: 'message', listener: (event: { data: Request }) => void): void;
  postMessage(message: Reply, transfer: ArrayBuffer[]): void;
}

/** A Web Worker that runs models; see `WorkerPool`. */
const scope = globalThis as unknown as WorkerScope;
/** Both builds at once: bundlers such as Vite 7 refuse workers that import anything later. */
const loadBuild = async (build: OrtBuild) => (build === 'webgpu' ? webgpu : wasm);
/** One thread: ONNX Runtime starts more from its own script, which in many bundles is this one, and waits for ever. */
const host = { ...webHost(loadBuild), wasmThreads: () => 1 };
/** A page that ends takes its workers along at any moment. */
const gate: Gate = { enter: () => Promise.resolve(), leave() {} };
const handle = serve(host, gate, (reply, transfer) => scope.postMessage(reply, transfer));
scope.addEventListener('message', ({ data }) => handle(data));
