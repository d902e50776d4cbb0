import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OrtModule } from '../types.js';
import { started } from './wasm-start.js';

// What is fetched first is tested on a page; here, as in Node, the .wasm file is there.

const ort = () => ({}) as OrtModule;
const never = new Promise<void>(() => {});

beforeEach(async () => {
  await import('./start-limit.js');
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

it('gives threads 30 s to start, and whoever comes later no more', async () => {
  const copy = ort();
  const late = expect(started(never, copy, 2, undefined)).rejects.toThrow(
    'did not start with several threads',
  );
  await vi.advanceTimersByTimeAsync(30_000);
  await late;
  await expect(started(never, copy, 1, undefined)).rejects.toThrow('did not start with several threads');
});

it('gives what starts without threads any time', async () => {
  let start = () => {};
  const use = new Promise<void>((resolve) => {
    start = resolve;
  });
  const waiting = started(use, ort(), 1, undefined);
  await vi.advanceTimersByTimeAsync(600_000);
  start();
  await waiting;
});

it('leaves no timer behind', async () => {
  const copy = ort();
  await started(Promise.resolve(), copy, 2, undefined);
  await expect(started(Promise.reject(new Error('refused')), copy, 2, undefined)).rejects.toThrow('refused');
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});
