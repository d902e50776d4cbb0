import type { OrtHost } from '../runtime/host.js';
import { wasmFile } from '../runtime/wasm/wasm-files.js';
import { host as web } from './web/host.js';

/**
 * The web platform of the files for pages without a bundler (dist/browser). The .wasm file lies beside them, which
 * onnxruntime-web finds by itself only where they come from the page's own origin.
 */
export { images } from './web/images.js';
export { places } from './web/places.js';
export { workers } from './web/workers.js';

export const host: OrtHost = {
  ...web,
  wasmBeside: (build) => ({ paths: { wasm: new URL(wasmFile(build), import.meta.url).href } }),
};
