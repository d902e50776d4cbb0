import type { OrtBuild, OrtHost } from '../../runtime/host.js';
import type { OrtModule } from '../../runtime/types.js';
import { webHost } from './make-host.js';

/** Never the bare package, which is the old implementation of WebGPU; and only what is used is fetched. */
async function loadBuild(build: OrtBuild): Promise<OrtModule> {
  return build === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm');
}

/** Browsers: ONNX Runtime is onnxruntime-web. Marked as pure, so that a page of pictures alone leaves it out. */
export const host: OrtHost = /* @__PURE__ */ webHost(loadBuild);
