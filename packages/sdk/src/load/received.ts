/** The bytes of a file as they arrive, in one array that is made only as large as what has arrived asks for. */
export class Received {
  #bytes: Uint8Array;
  #length: number;

  constructor(start: Uint8Array = new Uint8Array(0)) {
    this.#bytes = start;
    this.#length = start.length;
  }

  get length(): number {
    return this.#length;
  }

  /** @param total length of the whole file where it is known; saves copies */
  add(chunk: Uint8Array, total: number | undefined): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) this.#grow(Math.max(length, total ?? 0, 2 * this.#bytes.length));
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** What has arrived; nothing may be added afterwards. */
  take(): Uint8Array {
    // The runtime keeps the buffer behind a view, so unused space is not handed on.
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }

  #grow(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}
