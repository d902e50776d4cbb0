import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import wabt from 'wabt';
import { uniform } from '../random/index.js';
import { thresholdModule } from './module.js';
import { isWithin, Thresholds } from './threshold.js';

const special = [0, -0, 1, -1, 0.5, 1e-45, -1e-45, 3.4e38, -3.4e38, 1.0000001, 0.99999994, -1.0000001].map(
  Math.fround,
);
const wild = [...special, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** Arrays of many lengths, each with each special value at a place of its first, a middle and its last part. */
function* cases(): Generator<Float32Array> {
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 4095, 4096, 4097, 4100, 9001]) {
    const whole = uniform({ seed: length, stream: 'cases' }, length + 2);
    for (const [i, value] of wild.entries()) {
      for (const at of [i % 5, Math.floor(length / 2), length - 1]) {
        const part = whole.slice().subarray(1, 1 + length);
        if (at >= 0 && at < length) part[at] = value;
        yield part;
      }
    }
  }
}

const ranges = [
  [0, 1],
  [-1, 1],
  [0.1, 0.9],
  [-3.4028234663852886e38, 3.4028234663852886e38],
] as const;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

it('is what its text assembles to', async () => {
  const { parseWat } = await wabt();
  const text = await readFile(new URL('threshold.wat', import.meta.url), 'utf8');
  const { buffer } = parseWat('threshold.wat', text, { simd: true }).toBinary({});
  expect(thresholdModule).toBe(Buffer.from(buffer).toString('base64'));
});

describe.each(['WebAssembly', 'JavaScript'])('the look at all values in %s', (means) => {
  async function load(): Promise<typeof import('./threshold.js')> {
    vi.resetModules();
    let made = 0;
    class Instance extends WebAssembly.Instance {
      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        super(module, imports);
        made++;
      }
    }
    const { Module, Memory } = WebAssembly;
    vi.stubGlobal('WebAssembly', means === 'WebAssembly' ? { Module, Memory, Instance } : undefined);
    const module = await import('./threshold.js');
    module.isWithin(new Float32Array(1), { low: 0, high: 1 });
    expect(made).toBe(means === 'WebAssembly' ? 1 : 0);
    return module;
  }

  it.each(ranges)('tells whether all are from %d to %d', async (low, high) => {
    const { isWithin } = await load();
    const [least, most] = [Math.fround(low), Math.fround(high)];
    for (const values of cases()) {
      expect(isWithin(values, { low, high })).toBe(values.every((v) => v >= least && v <= most));
    }
  });

  // 0.2 and 0.3 are no float32: the nearest one to 0.2 is above it, and so is 1.
  it.each([0, 0.2, 0.3, 0.5, 1, -0.3, -0.5])('thresholds at %d, as float64 compares', async (limit) => {
    const { Thresholds, thresholded } = await load();
    const bounds = { low: -3.4028234663852886e38, high: 3.4028234663852886e38 };
    const thresholds = new Thresholds(bounds, limit);
    for (const given of cases()) {
      const values = Float32Array.from(given, (value) =>
        Number.isFinite(value) ? value : Math.fround(limit),
      );
      const wanted = values.map((value) => (value > limit ? 1 : 0));
      const result = thresholds.run(values)!;
      expect(same(result, wanted)).toBe(true);
      thresholds.giveBack(result);
      expect(same(thresholded(values, bounds, limit)!, wanted)).toBe(true);
    }
  });

  it('thresholds values where they are, minus zero too', async () => {
    const { thresholded } = await load();
    const fine = (value: number) => (value >= 0 && value <= 1 ? value : -0);
    for (const given of cases()) {
      for (const limit of [0, 0.5, 0.7]) {
        const values = given.map(fine);
        const wanted = values.map((value) => (value > limit ? 1 : 0));
        expect(thresholded(values, { low: 0, high: 1 }, limit, values)).toBe(values);
        expect(same(values, wanted)).toBe(true);
      }
      if (given.some((value) => !(value >= 0 && value <= 1)))
        expect(thresholded(given, { low: 0, high: 1 }, 0.5, given)).toBeUndefined();
    }
  });

  it('thresholds nothing that is out of range', async () => {
    const { Thresholds } = await load();
    const thresholds = new Thresholds({ low: 0, high: 1 }, 0.5);
    for (const values of cases()) {
      const result = thresholds.run(values);
      expect(result !== undefined).toBe(values.every((value) => value >= 0 && value <= 1));
      if (result) thresholds.giveBack(result);
    }
  });
});

/** Element by element; vitest is slow at that. */
const same = (a: Float32Array, b: Float32Array) =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

describe('memory that is used again', () => {
  const bounds = { low: 0, high: 1 };

  it('is not written to before it was given back', () => {
    const thresholds = new Thresholds(bounds, 0.5);
    const [a, b] = [0.2, 0.7].map((value) => thresholds.run(new Float32Array(9).fill(value))!);
    expect([[...a!], [...b!]]).toEqual([new Array(9).fill(0), new Array(9).fill(1)]);
    thresholds.giveBack(a!);
    const c = thresholds.run(new Float32Array(5).fill(0.9))!;
    expect([c.buffer === a!.buffer, c.buffer === b!.buffer, [...c]]).toEqual([true, false, [1, 1, 1, 1, 1]]);
    // Given back once only, and nothing that is not from here.
    thresholds.giveBack(a!);
    thresholds.giveBack(new Float32Array(5));
    const d = thresholds.run(new Float32Array(5))!;
    expect(d.buffer).not.toBe(c.buffer);
  });

  it('grows with the batches', () => {
    const thresholds = new Thresholds(bounds, 0.5);
    for (const length of [100, 50_000, 1_000_000, 70, 2 ** 22 + 5]) {
      const result = thresholds.run(new Float32Array(length).fill(0.6))!;
      expect([result.length, result.every((value) => value === 1)]).toEqual([length, true]);
      thresholds.giveBack(result);
    }
  });
});

it('goes on in JavaScript where a policy forbids WebAssembly', async () => {
  vi.resetModules();
  vi.stubGlobal('WebAssembly', {
    Module: class {
      constructor() {
        throw new Error("Refused to compile because 'wasm-unsafe-eval' is not allowed");
      }
    },
  });
  const { Thresholds } = await import('./threshold.js');
  const result = new Thresholds({ low: 0, high: 1 }, 0.5).run(Float32Array.of(0.2, 0.7));
  expect([...result!]).toEqual([0, 1]);
});

it('takes shared memory', () => {
  const shared = new Float32Array(new SharedArrayBuffer(8)).fill(2);
  expect(isWithin(shared, { low: 0, high: 1 })).toBe(false);
  expect([...new Thresholds({ low: 0, high: 3 }, 0.5).run(shared)!]).toEqual([1, 1]);
});
