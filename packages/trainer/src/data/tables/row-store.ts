import { TrainerError } from '../../errors.js';
import { systemReason } from '../../files/system-reason.js';
import { TemporaryFile } from '../temporary-file.js';
import { readRows } from './file-rows.js';

/** Numbers are kept in memory up to this; beyond it in a temporary file. */
const MAX_BYTES = 2 ** 29;
/** Numbers in one block of memory. */
const BLOCK = 2 ** 20;

/**
 * Rows of float32 numbers, collected one by one and then read in any order: from memory, or, where there are many, from a
 * temporary file.
 */
export class RowStore {
  private blocks: Float32Array[] = [];
  private rows = 0;
  private readonly perBlock: number;
  private file: TemporaryFile | undefined;
  private fileBytes = 0;

  /** @param width numbers in a row */
  constructor(
    readonly width: number,
    private readonly maxBytes = MAX_BYTES,
  ) {
    this.perBlock = Math.max(1, Math.floor(BLOCK / width));
  }

  get size(): number {
    return this.rows;
  }

  /** @throws TrainerError "bad-file" when the disk takes no more */
  async append(row: ArrayLike<number>): Promise<void> {
    const place = this.rows % this.perBlock;
    if (place === 0) await this.nextBlock();
    this.blocks.at(-1)!.set(row, place * this.width);
    this.rows++;
  }

  private async nextBlock(): Promise<void> {
    const held = 4 * this.width * this.perBlock * (this.blocks.length + 1);
    if (this.file || held > this.maxBytes) await this.spill();
    this.blocks.push(new Float32Array(this.perBlock * this.width));
  }

  private async spill(): Promise<void> {
    const path = this.file?.path ?? TemporaryFile.path('rows');
    try {
      this.file ??= await TemporaryFile.create(path);
      for (const block of this.blocks) {
        await this.file.write(new Uint8Array(block.buffer), this.fileBytes);
        this.fileBytes += block.byteLength;
      }
    } catch (error) {
      const reason = systemReason(error) ?? (error as Error).message;
      throw new TrainerError(
        'bad-file',
        `The data do not fit in memory, and ${path} cannot be written: ${reason}. Choose another folder with the environment variable TMPDIR.`,
        { cause: error },
      );
    }
    this.blocks = [];
  }

  /** Ends collecting. */
  async finish(): Promise<void> {
    if (this.file) await this.spill();
  }

  async read(indices: ArrayLike<number>, out: Float32Array): Promise<void> {
    const { width, perBlock } = this;
    if (this.file) {
      const bytes = await readRows(this.file, { start: 0, rowBytes: 4 * width }, indices);
      out.set(new Float32Array(bytes.buffer, 0, indices.length * width));
      return;
    }
    for (let i = 0; i < indices.length; i++) {
      const block = this.blocks[Math.floor(indices[i] / perBlock)];
      const at = (indices[i] % perBlock) * width;
      out.set(block.subarray(at, at + width), i * width);
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
    this.blocks = [];
  }
}
