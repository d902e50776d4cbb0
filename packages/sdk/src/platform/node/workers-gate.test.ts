import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { closeGate, newGate, workerGate } from './workers-gate.js';

let worker: Worker | undefined;
afterEach(() => worker?.terminate());

/** A thread that leaves the gate after a while. */
async function leaveAfter(gate: Int32Array, ms: number): Promise<void> {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    parentPort.postMessage('here');
    setTimeout(() => { Atomics.store(workerData, 0, 0); Atomics.notify(workerData, 0); }, ${ms});`;
  worker = new Worker(code, { eval: true, workerData: gate });
  await new Promise((resolve) => worker!.once('message', resolve));
}

describe('the gate', () => {
  it('makes the end of the process wait for who is inside', async () => {
    const gate = newGate();
    await leaveAfter(gate, 100);
    const started = performance.now();
    closeGate(gate);
    expect(performance.now() - started).toBeGreaterThan(50);
  });

  it('closes at once when nobody is inside, and lets nobody in', async () => {
    const gate = newGate();
    const { enter, leave } = workerGate(gate);
    await enter();
    leave();
    const started = performance.now();
    closeGate(gate);
    expect(performance.now() - started).toBeLessThan(50);
    const entered = await Promise.race([
      enter().then(() => true),
      new Promise((resolve) => setTimeout(resolve, 20, false)),
    ]);
    expect(entered).toBe(false);
  });
});
