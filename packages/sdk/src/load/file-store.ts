/** A whole file that was kept, with what tells its version. */
export interface Kept {
  readonly bytes: Uint8Array;
  /** ETag or date by which the server knows this version. */
  readonly validator: string | undefined;
  readonly sha256: string;
}

/** A file that is being downloaded and is kept once it is whole. A store that fails never fails the download. */
export interface Part {
  /** The beginning of the file, from a download that did not end. */
  readonly left?: { readonly bytes: Uint8Array; readonly validator: string };
  /** The file begins at byte 0, whatever was left. Without a validator it cannot be continued later. */
  restart(validator: string | undefined): Promise<void>;
  /** The next bytes. */
  write(chunk: Uint8Array): Promise<void>;
  /** All bytes were written and are right. */
  keep(file: Kept): Promise<void>;
  /** The download ended early; what is there stays for another one to continue, or goes. */
  end(resumable: boolean): Promise<void>;
}

/** Keeps the files of one model. */
export interface FileStore {
  /** A file as it was kept; undefined for none and for a damaged one. */
  get(name: string, url: URL, limit: number): Promise<Kept | undefined>;
  begin(name: string, url: URL, limit: number): Promise<Part>;
}
