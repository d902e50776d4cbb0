import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrainerError } from '../errors.js';

/** Files that still have a name. */
const leftBehind = new Set<string>();
process.once('exit', () => {
  for (const path of leftBehind) rmSync(path, { force: true });
});

/** A file in the system's folder for temporary files (`TMPDIR`) that is gone when the process ends, however that ends. */
export class TemporaryFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** Where a file of this kind would lie. */
  static path(kind: string): string {
    return join(tmpdir(), `vae-${kind}-${randomUUID()}`);
  }

  /** @throws what the system says */
  static async create(path: string): Promise<TemporaryFile> {
    const handle = await open(path, 'wx+', 0o600);
    leftBehind.add(path);
    // Where the system allows it, the file has no name from here on.
    await rm(path).then(
      () => leftBehind.delete(path),
      () => {},
    );
    return new TemporaryFile(path, handle);
  }

  /** @throws what the system says, such as that the disk is full */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  /** @throws TrainerError "bad-file" where so much was never written */
  async fill(out: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < out.length; ) {
      const { bytesRead } = await this.handle.read(out, done, out.length - done, position + done);
      if (bytesRead === 0)
        throw new TrainerError('bad-file', `${this.path}: the temporary file was cut short.`);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
    if (leftBehind.delete(this.path)) await rm(this.path, { force: true });
  }
}
