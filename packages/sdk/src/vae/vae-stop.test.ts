import { describe, expect, it } from 'vitest';
import { dataShape, modelBytes } from '../testing/models.js';
import { codeOf, image, tinyLoader } from '../testing/tiny.js';
import { VAE } from './vae.js';

const load = tinyLoader();

describe('stopping', () => {
  it('rejects with the reason of a signal, also between two pieces', async () => {
    const reason = new Error('enough');
    await expect(VAE.load(modelBytes(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const vae = await load();
    await vae.prepare();
    await expect(vae.encode(image, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    const z = { data: new Float32Array(200_000), shape: [100_000, 2] };
    const running = vae.decode(z, { signal: stop.signal });
    setTimeout(() => stop.abort(reason), 1);
    await expect(running).rejects.toBe(reason);
  });

  it('waits no longer than its signal for a worker that never says a word', async () => {
    const worker = () => new URL('data:text/javascript,setInterval(() => {}, 1e6)');
    const load = VAE.load(modelBytes(), { device: 'wasm', worker, signal: AbortSignal.timeout(200) });
    await expect(load).rejects.toThrow('timeout');
  });

  it('ends streams whose sources give nothing more', { timeout: 10_000 }, async () => {
    async function* source<T>(first: T) {
      yield first;
      await new Promise(() => {});
    }
    const vae = await load();
    const verbs: ((signal: AbortSignal) => AsyncGenerator<unknown>)[] = [
      (signal) => vae.encode(source(image), { signal }),
      (signal) => vae.decode(source([0, 1]), { signal }),
      (signal) => vae.reconstruct(source(image), { signal }),
      (signal) => vae.similar(source([0, 1]), { signal }),
      (signal) => vae.anomalyScore(source(image), { signal }),
    ];
    for (const verb of verbs) {
      const stop = new AbortController();
      const results = verb(stop.signal);
      expect((await results.next()).done).toBe(false);
      setTimeout(() => stop.abort('enough'), 5);
      await expect(results.next()).rejects.toBe('enough');
    }
    const signal = AbortSignal.timeout(50);
    await expect(vae.encodeStats(source(image), { signal })).rejects.toThrow('timeout');
  });

  it('gives no frame after an abort', async () => {
    const vae = await load();
    const stop = new AbortController();
    let frames = 0;
    const watching = async () => {
      for await (const _ of vae.sample(64, { stream: true, signal: stop.signal })) {
        if (++frames === 5) stop.abort('enough');
      }
    };
    await expect(watching()).rejects.toBe('enough');
    expect(frames).toBe(5);
  });

  it('waits for what runs, may be repeated, and refuses later use', async () => {
    const vae = await VAE.load(modelBytes());
    const running = vae.decode({ data: new Float32Array(2000), shape: [1000, 2] });
    const twoRuns = vae.reconstruct(image);
    const statistics = vae.encodeStats(image);
    await Promise.all([vae.dispose(), vae.dispose()]);
    expect((await running).shape).toEqual([1000, ...dataShape]);
    expect((await twoRuns).shape).toEqual([1, ...dataShape]);
    expect((await statistics).count).toBe(1);
    await vae[Symbol.asyncDispose]();
    await expect(vae.encode(image)).rejects.toThrow('tiny: used after dispose; load it again.');
    expect(await codeOf(vae.decode([0, 0]))).toBe('disposed');
  });
});
