import type { Device, OrtModule } from '../runtime/types.js';

/** What differs between Node and browsers. `#platform` is one of the two. */
export interface Platform {
  /** Resolves a path, URL or bundled name; reads nothing yet. */
  openFolder(source: string | URL, signal?: AbortSignal): Promise<ModelFolder>;
  /** Lower-case hexadecimal SHA-256. */
  sha256(bytes: Uint8Array): Promise<string>;
  /** The best runtime for a device; throws VaeError "no-device" when there is none. */
  loadOrt(device: Device): Promise<FoundOrt>;
  /** Threads of an operator when the caller names no number. */
  defaultThreads(): number;
}

export interface FoundOrt {
  readonly name: 'onnxruntime-node' | 'onnxruntime-web';
  readonly device: 'cpu' | 'wasm';
  readonly ort: OrtModule;
}

/** A place that holds `vae.json` and the files it names. */
export interface ModelFolder {
  /** Shown in errors. */
  readonly where: string;
  /** True for a disk, false where a read is a download. */
  readonly local: boolean;
  /**
   * Reads one file.
   *
   * @param name plain file name
   * @param size the exact size it must have, or the most it may have
   * @throws VaeError "not-found", or "bad-model" for another size or no plain file
   */
  read(
    name: string,
    size: { readonly exactly: number } | { readonly atMost: number },
    signal?: AbortSignal,
  ): Promise<Uint8Array>;
}
