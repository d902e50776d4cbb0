/** Where models come from; differs between Node and browsers. */
export interface Places {
  /** Resolves a path, URL or bundled name; reads nothing yet. */
  openFolder(source: string | URL, signal?: AbortSignal): Promise<ModelFolder>;
  /** Lower-case hexadecimal SHA-256. */
  sha256(bytes: Uint8Array): Promise<string>;
}

/** A place that holds a model's files. */
export interface ModelFolder {
  /** Shown in errors. */
  readonly where: string;
  /** True for a disk, false where a read is a download. */
  readonly local: boolean;
  /**
   * Reads one file.
   *
   * @param name plain file name, or one of ours in a subfolder of ours such as 'vae_encoder/model.onnx'
   * @param size the exact size it must have, or the most it may have
   * @throws VaeError "not-found", or "bad-model" for another size or no plain file
   */
  read(
    name: string,
    size: { readonly exactly: number } | { readonly atMost: number },
    signal?: AbortSignal,
  ): Promise<Uint8Array>;
}
