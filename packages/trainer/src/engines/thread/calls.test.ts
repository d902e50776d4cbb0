import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ThreadCalls } from './calls.js';

// A thread that needs no build.
vi.mock('./built-file.js', () => ({ builtFile: (file: string) => file }));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-calls-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A thread that answers every question with its method, and `dispose` as it is told to. */
async function thread(dispose: string): Promise<ThreadCalls<{ method: string }>> {
  const file = join(folder, 'thread.mjs');
  await writeFile(
    file,
    `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, method }) => {
      const answer = method === 'dispose' ? ${dispose} : { result: method };
      setTimeout(() => parentPort.postMessage({ id, ...answer }), 20);
    });`,
  );
  return new ThreadCalls(file, {});
}

const closed = { code: 'engine-failed', message: expect.stringMatching(/^The engine's thread ended/) };

it('answers what was asked before the end, and refuses what is asked from then on', async () => {
  const calls = await thread('{}');
  const before = calls.ask({ method: 'run' });
  let isEnded = false;
  const end = calls.close().then(() => {
    isEnded = true;
  });
  await expect(calls.ask({ method: 'run' })).rejects.toMatchObject(closed);
  expect(isEnded).toBe(false);
  expect(await before).toBe('run');
  await end;
  await expect(calls.ask({ method: 'run' })).rejects.toMatchObject(closed);
});

it('ends the thread also where it cannot dispose of what it holds', async () => {
  const calls = await thread(`{ error: { code: 'engine-failed', message: 'no' } }`);
  expect(await calls.ask({ method: 'run' })).toBe('run');
  await expect(calls.close()).rejects.toMatchObject({ code: 'engine-failed', message: 'no' });
  const { worker } = calls as unknown as { worker: { threadId: number } };
  expect(worker.threadId).toBe(-1);
});
