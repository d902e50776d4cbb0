import type { Transfer } from './transfer.js';

/** Where models come from; differs between Node and browsers. */
export interface Places {
  /**
   * Resolves a path, URL, Hugging Face repository or bundled name; reads nothing over the network yet.
   *
   * @throws VaeError "not-found", "unsupported", or "bad-option" for an option outside its rule
   */
  openFolder(source: string | URL, transfer?: Transfer): Promise<ModelFolder>;
  /** Lower-case hexadecimal SHA-256. */
  sha256(bytes: Uint8Array): Promise<string>;
}

/** What is known of a file before it is read: its size (and checksum), a limit of its own, or nothing. */
export type Expected = (
  | { readonly exactly: number; readonly sha256?: string }
  | { readonly atMost?: number; readonly sha256?: undefined }
) & {
  /** The caller wrote this file's path himself, so that links on it and its name are his choice. */
  readonly chosen?: boolean;
};

/** A place that holds a model's files. */
export interface ModelFolder {
  /** Shown in errors. */
  readonly where: string;
  /** True for a disk or memory, false where a read may be a download. */
  readonly local: boolean;
  /**
   * Reads one file. Size and checksum have been compared with what was expected, and no file is larger than the
   * option `maxBytes`.
   *
   * @param name plain file name, or such names joined by '/', as in 'vae_encoder/model.onnx'; any that was chosen
   * @throws VaeError "not-found", "download-failed", or "bad-model" for another size or checksum or no plain file; the
   * signal's reason when it is aborted
   */
  read(name: string, expected: Expected, signal?: AbortSignal): Promise<Uint8Array>;
}
