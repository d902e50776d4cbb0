import { VaeError } from '../../errors.js';
import { optionsOf } from '../../options.js';
import type { OrtBuild } from '../host.js';
import type { OrtModule } from '../types.js';

/** Where onnxruntime-web gets its WebAssembly file, for pages whose bundler loses it. Taken before the first session. */
export interface WasmOptions {
  /**
   * The URL of a folder with `ort-wasm-simd-threaded.wasm` of onnxruntime-web/dist (for `webgpu` the `.asyncify.wasm`,
   * for more than one thread also the .mjs file of the same name), or each file's own URL.
   */
  readonly paths?: string | URL | { readonly mjs?: string | URL; readonly wasm?: string | URL };
  /** The bytes of the .wasm file; nothing is fetched then. */
  readonly binary?: Uint8Array | ArrayBuffer;
}

/** Refuses what cannot be a place or a file. */
export async function assertWasm(options?: WasmOptions): Promise<void> {
  const { paths, binary } = optionsOf(options, 'wasm', ['paths', 'binary']);
  const named = Object(paths);
  const places = paths === undefined || isFolder(paths) || 'mjs' in named || 'wasm' in named;
  if (places && (binary === undefined || binary instanceof ArrayBuffer || ArrayBuffer.isView(binary))) return;
  const { wrongWasm } = await import('../refusals.js');
  throw new VaeError('bad-option', wrongWasm(places ? undefined : paths));
}

const isFolder = (paths: unknown): paths is string | URL => typeof paths === 'string' || paths instanceof URL;

/** The name of the file that a build fetches. */
export const wasmFile = (build: OrtBuild): string =>
  `ort-wasm-simd-threaded${build === 'webgpu' ? '.asyncify' : ''}.wasm`;

/**
 * Tells a build of onnxruntime-web its threads and files. Without effect once it runs; there is one per page.
 *
 * A folder becomes the .wasm file in it, because onnxruntime-web given a folder wants its script from there too, which it
 * needs for threads only: it has one in itself.
 */
export function configureWasm(
  { env: { wasm } }: OrtModule,
  build: OrtBuild,
  threads: number,
  { paths, binary }: WasmOptions = {},
): void {
  wasm.numThreads = threads;
  if (isFolder(paths)) {
    const folder = String(paths).replace(/\/?$/, '/');
    wasm.wasmPaths = threads > 1 ? folder : { wasm: folder + wasmFile(build) };
  } else if (paths) {
    wasm.wasmPaths = paths;
  }
  if (binary !== undefined) wasm.wasmBinary = binary;
}
