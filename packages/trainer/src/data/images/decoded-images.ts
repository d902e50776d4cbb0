import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { TemporaryFile } from '../temporary-file.js';

/** Decoded images stay in memory where all of them take no more than this. */
const MAX_KEPT_BYTES = 2 ** 29;
/** Share of a disk's free space that decoded images may take. */
const MAX_DISK_SHARE = 0.5;
/** What Linux calls a file system in memory. */
const TMPFS = 0x01021994;

export interface DecodedOptions {
  /** How many images there are. */
  readonly count: number;
  /** Of each of them, decoded. */
  readonly imageBytes: number;
  readonly decode: (index: number) => Promise<Uint8Array>;
  /** Bytes that may stay in memory; 512 MiB. */
  readonly maxKeptBytes?: number;
  /** Bytes that may stay on disk; half of what is free in the folder for temporary files. */
  readonly maxFileBytes?: number;
}

/**
 * Images that are decoded once: to memory where all of them fit in, else to a temporary file where the disk has room, since
 * reading some bytes takes a twentieth of decoding them. Without room they are decoded at each visit.
 */
export class DecodedImages {
  private readonly there: Uint8Array;
  private kept: Uint8Array | undefined;
  private file: Promise<TemporaryFile | undefined> | undefined;

  constructor(private readonly options: DecodedOptions) {
    this.there = new Uint8Array(options.count);
  }

  private get totalBytes(): number {
    return this.options.count * this.options.imageBytes;
  }

  /** @throws what decoding throws */
  async get(index: number): Promise<Uint8Array> {
    const { maxKeptBytes = MAX_KEPT_BYTES } = this.options;
    if (this.totalBytes <= maxKeptBytes) return this.inMemory(index);
    this.file ??= this.openFile();
    const file = await this.file;
    return file ? this.inFile(file, index) : this.options.decode(index);
  }

  private async inMemory(index: number): Promise<Uint8Array> {
    const { imageBytes, decode } = this.options;
    this.kept ??= new Uint8Array(this.totalBytes);
    const place = this.kept.subarray(index * imageBytes, (index + 1) * imageBytes);
    if (this.there[index] === 0) place.set(await decode(index));
    this.there[index] = 1;
    return place;
  }

  private async inFile(file: TemporaryFile, index: number): Promise<Uint8Array> {
    const { imageBytes, decode } = this.options;
    if (this.there[index] === 1) {
      const bytes = new Uint8Array(imageBytes);
      await file.fill(bytes, index * imageBytes);
      return bytes;
    }
    const bytes = await decode(index);
    // A disk that is full by now costs time, not the run.
    this.there[index] = await file.write(bytes, index * imageBytes).then(
      () => 1,
      () => 0,
    );
    return bytes;
  }

  private async openFile(): Promise<TemporaryFile | undefined> {
    try {
      const { maxFileBytes = await roomOnDisk() } = this.options;
      if (this.totalBytes > maxFileBytes) return undefined;
      return await TemporaryFile.create(TemporaryFile.path('images'));
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await (await this.file)?.close();
    this.file = undefined;
    this.kept = undefined;
    this.there.fill(0);
  }
}

/** A folder in memory has no room: what is kept there is what was to be spared. */
async function roomOnDisk(): Promise<number> {
  const { type, bavail, bsize } = await statfs(tmpdir());
  return type === TMPFS ? 0 : MAX_DISK_SHARE * bavail * bsize;
}
