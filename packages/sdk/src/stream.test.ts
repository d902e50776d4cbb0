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
    let closed = false;
    async function* source() {
      try {
        yield* count(100);
      } finally {
        closed = true;
      }
    }
    for await (const result of mapStream(source(), 2, async (item) => item)) if (result === 1) break;
    await vi.waitFor(() => expect(closed).toBe(true));
  });
});
