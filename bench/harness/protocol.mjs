// The half of the protocol that runs inside a contender in JavaScript; peers/protocol.py is the same in Python.
//
// One JSON object a line. Asked on stdin:
//   {"do":"prepare", ...}          → {"ok":true, ...}   after the first step, whose loss is in it
//   {"do":"run","seconds":1.5}     → {"ok":true,"times":[ms],"wallMs":…,"cpuMs":…,"peakBytes":…}
// Whatever fails is answered {"ok":false,"error":"…"}; stdin's end is the end of the process.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

/** Steps at the beginning of each run that are not timed: others had the caches, and threads may be asleep. */
export const WARM_UP = 2;
export const LEAST_STEPS = 3;

/** The largest share of memory that this process has held, in bytes. */
export function peakBytes() {
  try {
    // What `getrusage` says includes what the parent held when it started this process.
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
    return 1024 * Number(kilobytes);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}

/** Milliseconds of processor time of all threads so far. */
export function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Takes steps for some seconds and says how long each took. */
export async function timeSteps(step, seconds) {
  for (let i = 0; i < WARM_UP; i++) await step();
  const times = [];
  const [cpu, started] = [cpuMs(), performance.now()];
  let last = started;
  while (last - started < 1000 * seconds || times.length < LEAST_STEPS) {
    await step();
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return { times, wallMs: last - started, cpuMs: cpuMs() - cpu };
}

/**
 * Serves one contender until stdin ends.
 *
 * @param prepare gets the first request; returns what to answer beside `step`, which does one step, or `run`, which
 *   does what {@link timeSteps} does
 */
export function serve(prepare) {
  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  // Libraries greet on stdout.
  console.log = console.error;
  console.info = console.error;
  let run;
  const handlers = {
    prepare: async (request) => {
      const { step, run: own, ...rest } = await prepare(request);
      run = own ?? ((seconds) => timeSteps(step, seconds));
      return rest;
    },
    run: async ({ seconds }) => ({ ...(await run(seconds)), peakBytes: peakBytes() }),
  };
  let last = Promise.resolve();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    last = last.then(async () => {
      try {
        const request = JSON.parse(line);
        answer({ ok: true, ...(await handlers[request.do](request)) });
      } catch (error) {
        answer({ ok: false, error: String(error?.message ?? error) });
      }
    });
  });
  lines.on('close', () => process.exit());
}

/** Rows of a data set in an order of its own in each pass: `next` fills an array with as many as fit. */
export class Batches {
  constructor(path, itemSize) {
    const bytes = readFileSync(path);
    this.data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.itemSize = itemSize;
    this.order = Uint32Array.from({ length: this.data.length / itemSize }, (_, index) => index);
    this.position = this.order.length;
  }

  /** Which rows the next batch has. */
  indices(count) {
    if (this.position + count > this.order.length) {
      for (let i = this.order.length - 1; i > 0; i--) {
        const j = Math.floor(Math.random() * (i + 1));
        [this.order[i], this.order[j]] = [this.order[j], this.order[i]];
      }
      this.position = 0;
    }
    this.position += count;
    return this.order.subarray(this.position - count, this.position);
  }

  /** The rows with these numbers, one after the other. */
  gather(indices, out = new Float32Array(indices.length * this.itemSize)) {
    const size = this.itemSize;
    indices.forEach((index, row) => {
      out.set(
        this.data.subarray((index % this.order.length) * size, ((index % this.order.length) + 1) * size),
        row * size,
      );
    });
    return out;
  }
}
