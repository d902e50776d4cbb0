import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { atomicFolder, atomicWrite } from './atomic-write.js';

const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
const own = process.listeners('SIGINT');
beforeEach(() => {
  process.removeAllListeners('SIGINT');
  kill.mockClear();
});
afterEach(() => {
  process.removeAllListeners('SIGINT');
  for (const listener of own) process.on('SIGINT', listener);
});

type Chunks = AsyncGenerator<Uint8Array>;

const writers = {
  file: (path: string, chunks: Chunks) => atomicWrite(path, chunks),
  folder: (path: string, chunks: Chunks) => atomicFolder(path, [['a.bin', chunks]]),
};

/** Sends the signal to itself in the middle of writing; what is there right after. */
async function interrupted(write: (path: string, chunks: Chunks) => Promise<void>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vae-unfinished-'));
  let found: string[] = [];
  async function* chunks(): Chunks {
    yield Buffer.from('half');
    process.emit('SIGINT', 'SIGINT');
    found = readdirSync(folder);
    throw new Error('stopped');
  }
  await expect(write(join(folder, 'out'), chunks())).rejects.toThrow('stopped');
  return found;
}

describe.each(Object.entries(writers))('a %s that is being written', (_, write) => {
  it('goes when a signal ends the program', async () => {
    expect(await interrupted(write)).toEqual([]);
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGINT');
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('stays where the program listens for the signal itself', async () => {
    process.on('SIGINT', () => {});
    expect(await interrupted(write)).toHaveLength(1);
    expect(kill).not.toHaveBeenCalled();
  });
});
