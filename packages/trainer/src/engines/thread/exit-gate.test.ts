import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { builtFile } from './built-file.js';
import { ExitGate } from './exit-gate.js';

let worker: Worker | undefined;
let folder: string | undefined;
afterEach(async () => {
  await worker?.terminate();
  if (folder) await rm(folder, { recursive: true, force: true });
});

describe('the gate', () => {
  it('waits for a thread that is inside', async () => {
    const gate = new ExitGate();
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      Atomics.add(workerData, 0, 1);
      parentPort.postMessage('inside');
      setTimeout(() => { Atomics.sub(workerData, 0, 1); Atomics.notify(workerData, 0); }, 100);`;
    worker = new Worker(code, { eval: true, workerData: gate.shared });
    await new Promise((resolve) => worker!.once('message', resolve));
    const started = performance.now();
    gate.close();
    expect(performance.now() - started).toBeGreaterThan(50);
  });

  it('lets nobody in after it was closed, and everybody before, also after a failure', async () => {
    const gate = new ExitGate();
    await expect(gate.pass(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(await gate.pass(async () => 7)).toBe(7);
    gate.close();
    let began = false;
    void gate.pass(async () => {
      began = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(began).toBe(false);
  });
});

describe.skipIf(!existsSync(builtFile('ort/worker.js')))('a program (needs a build of the trainer)', () => {
  it.each([
    ['exits', 'process.exit(3)', 3, /^$/],
    [
      'has an error that nobody catches',
      `throw new Error('mine')`,
      1,
      /Error: mine[\s\S]*Node\.js v[\d.]+\s*$/,
    ],
  ])('that %s while it trains ends with its own code and message', async (_, end, code, message) => {
    folder = await mkdtemp(join(tmpdir(), 'vae-exit-'));
    const entry = pathToFileURL(builtFile('../index.js')).href;
    const program = `
      import { loadRecipe, train } from '${entry}';
      const recipe = { ...(await loadRecipe('seed-cvae')), epochs: 1000 };
      const pixels = 28 * 28;
      const read = async (indices, out) => void out.fill(0.5);
      const dataset = { name: 'grey', kind: 'image', shape: [1, 28, 28], source: '', train: { size: 60000, read } };
      const onStep = () => setTimeout(() => { ${end} }, 30);
      await train({ recipe, dataset, threads: 2, out: ${JSON.stringify(join(folder, 'run'))}, events: { onStep } });`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toMatchObject({ status: code, stderr: expect.stringMatching(message) });
  });
});
