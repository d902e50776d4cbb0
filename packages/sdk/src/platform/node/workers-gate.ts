import type { Gate } from '../../workers/serve.js';

/** States of a gate, in shared memory. */
const open = 0;
const inside = 1;
const closed = 2;

/** The longest that the end of a process waits for one run. */
const patienceMs = 10_000;

/** A gate that the worker holds from the start, while it loads its code, until it first leaves. */
export function newGate(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4)).fill(inside);
}

/** Waits until the worker is outside, and lets it in no more. For the main thread's very end, as it blocks. */
export function closeGate(gate: Int32Array): void {
  const deadline = Date.now() + patienceMs;
  while (Atomics.compareExchange(gate, 0, open, closed) === inside) {
    const left = deadline - Date.now();
    if (left <= 0) return;
    Atomics.wait(gate, 0, inside, left);
  }
}

/** The worker's side of a gate. */
export function workerGate(gate: Int32Array): Gate {
  const leave = () => {
    Atomics.store(gate, 0, open);
    Atomics.notify(gate, 0);
  };
  leave();
  return {
    enter() {
      const came = Atomics.compareExchange(gate, 0, open, inside);
      return came === closed ? new Promise(() => {}) : Promise.resolve();
    },
    leave,
  };
}
