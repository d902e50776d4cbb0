import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Barrier } from './barrier.js';

describe('a barrier', () => {
  const shared = () => new Int32Array(new SharedArrayBuffer(4 * Barrier.LENGTH));

  it('holds those who came until the last one comes, round after round', () => {
    const numbers = shared();
    const [one, other] = [new Barrier(numbers, 2), new Barrier(numbers, 2)];
    for (let i = 0; i < 3; i++) {
      const round = one.arrive();
      expect(one.wait(round, 1)).toBe(false);
      expect(other.wait(other.arrive())).toBe(true);
      expect(one.wait(round)).toBe(true);
    }
  });

  it('is passed late by one who slept while all others went on to the next', () => {
    const numbers = shared();
    const [one, other] = [new Barrier(numbers, 2), new Barrier(numbers, 2)];
    const round = one.arrive();
    other.wait(other.arrive());
    const next = other.arrive();
    expect(one.wait(round, 0)).toBe(true);
    expect(other.wait(next, 0)).toBe(false);
    one.arrive();
    expect(other.wait(next, 0)).toBe(true);
  });

  it('is not passed by one who is only woken, as by a late call of the round before', async () => {
    const numbers = shared();
    const code = `const { workerData } = require('node:worker_threads');
      setInterval(() => Atomics.notify(workerData, 1), 5);`;
    const waker = new Worker(code, { eval: true, workerData: numbers });
    await once(waker, 'online');
    const barrier = new Barrier(numbers, 2);
    expect(barrier.wait(barrier.arrive(), 100)).toBe(false);
    await waker.terminate();
  });
});
