import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { isStream, mapStream } from './stream.js';

const later = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function* count(to: number) {
  for (let i = 0; i < to; i++) yield i;
}

/** A long source that says when it was closed. */
function closable() {
  const state = { closed: false };
  async function* items() {
    try {
      yield* count(100);
    } finally {
      state.closed = true;
    }
  }
  return { state, items };
}

describe('isStream', () => {
  it.each([
    [count(1), true],
    [(async function* () {})(), true],
    [new Set([1]).values(), true],
    [[1, 2], false],
    [Float32Array.of(1), false],
    ['text', false],
    [{ data: [], shape: [] }, false],
    [undefined, false],
  ])('case %#', (value, expected) => {
    expect(isStream(value)).toBe(expected);
  });
});

describe('mapStream', () => {
  it('keeps the order, and the limit of what is under way', async () => {
    let running = 0;
    let most = 0;
    const results = mapStream(count(20), 3, async (item) => {
      most = Math.max(most, ++running);
      await later(0, item % 2 === 0 ? 6 : 1);
      running--;
      return item * 10;
    });
    expect(await collect(results)).toEqual(Array.from({ length: 20 }, (_, i) => i * 10));
    expect(most).toBe(3);
  });

  it('hands a result on before the next input is there', async () => {
    let answer: (value: number) => void = () => {};
    async function* conversation() {
      let last = 1;
      for (let turn = 0; turn < 5; turn++) {
        const heard = new Promise<number>((resolve) => {
          answer = resolve;
        });
        yield last;
        last = await heard;
      }
    }
    const heard: number[] = [];
    for await (const result of mapStream(conversation(), 4, async (item) => item * 2)) {
      heard.push(result);
      answer(result);
    }
    expect(heard).toEqual([2, 4, 8, 16, 32]);
  });

  it('reports a failure in its turn, closes the source and leaves nothing under way', async () => {
    let closed = false;
    let running = 0;
    async function* source() {
      try {
        yield* count(100);
      } finally {
        closed = true;
      }
    }
    const seen: number[] = [];
    const failing = async () => {
      const results = mapStream(source(), 2, async (item) => {
        running++;
        await later(0, 1);
        running--;
        if (item === 3) throw new Error('three');
        return item;
      });
      for await (const result of results) seen.push(result);
    };
    await expect(failing()).rejects.toThrow('three');
    expect({ seen, closed, running }).toEqual({ seen: [0, 1, 2], closed: true, running: 0 });
  });

  it('reports a failing source after the results before it', async () => {
    async function* source() {
      yield 1;
      throw new Error('source');
    }
    const seen: number[] = [];
    const failing = async () => {
      for await (const result of mapStream(source(), 2, (item) => later(item, 5))) seen.push(result);
    };
    await expect(failing()).rejects.toThrow('source');
    expect(seen).toEqual([1]);
  });

  it('does not wait for a source that waits', { timeout: 2000 }, async () => {
    async function* source() {
      yield 1;
      await new Promise(() => {});
    }
    for await (const result of mapStream(source(), 2, async (item) => item)) if (result === 1) break;
  });

  it('closes the source when the consumer stops', async () => {
    const { state, items } = closable();
    for await (const result of mapStream(items(), 2, async (item) => item)) if (result === 1) break;
    await vi.waitFor(() => expect(state.closed).toBe(true));
  });

  it('ends at an abort while its source waits', { timeout: 2000 }, async () => {
    async function* source() {
      yield 1;
      await new Promise(() => {});
    }
    const stop = new AbortController();
    const results = mapStream(source(), 2, async (item) => item, stop);
    expect(await results.next()).toEqual({ done: false, value: 1 });
    setTimeout(() => stop.abort(new Error('enough')), 5);
    await expect(results.next()).rejects.toThrow('enough');
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it('hands on nothing after an abort, not even what is there', async () => {
    const stop = new AbortController();
    const { state, items } = closable();
    const results = mapStream(items(), 4, async (item) => item, stop);
    await results.next();
    await later(0, 5);
    stop.abort(new Error('enough'));
    await expect(results.next()).rejects.toThrow('enough');
    await vi.waitFor(() => expect(state.closed).toBe(true));
  });

  it('listens to its signal once at a time', async () => {
    const { signal } = new AbortController();
    const listeners = new Set<number>();
    const work = async () => listeners.add(getEventListeners(signal, 'abort').length);
    await collect(mapStream(count(2000), 3, work, { signal }));
    expect(Math.max(...listeners)).toBeLessThanOrEqual(1);
    await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toEqual([]));
  });

  it('refuses a signal that is none', async () => {
    const options = { signal: 5 as never };
    const first = mapStream(count(1), 1, async () => 1, options).next();
    await expect(first).rejects.toMatchObject({ code: 'bad-option' });
  });
});
