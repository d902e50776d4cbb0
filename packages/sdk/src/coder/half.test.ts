import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { loadRuntime } from '../runtime/runtime.js';
import type { OrtModule } from '../runtime/types.js';
import { dataShape, decoderModel, encoderModel, modelBytes } from '../testing/models.js';
import { onnxModel } from '../testing/onnx.js';
import { VAE } from '../vae/vae.js';

const open: VAE[] = [];
const closing: (() => void)[] = [];

afterEach(async () => {
  for (const vae of open.splice(0)) await vae.dispose();
  for (const close of closing.splice(0)) close();
});

/** Latents [1, h, w] of any size; the output is eight times as high. */
const enlarging = onnxModel({
  inputs: [{ name: 'z', shape: ['N', 1, 'h', 'w'] }],
  outputs: [{ name: 'x', shape: ['N', 1, 'H', 'w'] }],
  constants: [],
  nodes: [{ op: 'Concat', inputs: new Array(8).fill('z'), outputs: ['x'], integers: { axis: 2 } }],
});

/** A runtime that notes the shapes of what goes in. */
async function noting() {
  const { ort } = await loadRuntime({ device: 'cpu' });
  const seen: number[][] = [];
  class Tensor extends (ort.Tensor as new (...parts: never[]) => { dims: readonly number[] }) {
    constructor(...parts: never[]) {
      super(...parts);
      seen.push([...this.dims]);
    }
  }
  return {
    seen,
    ort: { ...ort, env: ort.env, InferenceSession: ort.InferenceSession, Tensor } as unknown as OrtModule,
  };
}

describe('batches of open size', () => {
  it('are cut by what the first item came out as', async () => {
    const { seen, ort } = await noting();
    const vae = await VAE.load({ decoder: enlarging }, { ort, latent: { kind: 'deterministic' } });
    open.push(vae);
    // An item is 2^20 numbers in and 2^23 out, and at most 2^24 numbers are in one run.
    const z = new Float32Array(5 * 2 ** 20).map((_, i) => i % 251);
    const { data, shape } = await vae.decode({ data: z, shape: [5, 1, 1024, 1024] });
    expect(shape).toEqual([5, 1, 8192, 1024]);
    expect(seen.map(([rows]) => rows)).toEqual([1, 2, 2]);
    for (const item of [0, 1, 4]) {
      const at = item * 2 ** 23 + 3 * 2 ** 20;
      expect(data.subarray(at, at + 9)).toEqual(z.subarray(item * 2 ** 20, item * 2 ** 20 + 9));
    }
  });
});

it('says which graph ONNX Runtime could not run', async () => {
  const encoder = onnxModel({
    inputs: [{ name: 'x', shape: ['N', 'width'] }],
    outputs: [{ name: 'z', shape: ['N', 2] }],
    constants: [{ name: 'w', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['z'] }],
  });
  const vae = await VAE.load({ encoder }, { device: 'cpu' });
  open.push(vae);
  expect((await vae.encode([[1, 1]])).mean.data).toEqual(Float32Array.of(4, 6));
  await expect(vae.encode([[1, 1, 1]])).rejects.toMatchObject({
    code: 'runtime-failed',
    message: expect.stringMatching(
      /^the given encoder: ONNX Runtime could not run the model: [^/]*MatMul[^/]*$/,
    ),
  });
});

describe('runs that block their thread', () => {
  /** The bundled digits on wasm in this thread. */
  async function digits() {
    const vae = await VAE.load('mnist-conv', { device: 'wasm', worker: false });
    open.push(vae);
    await vae.prepare();
    return vae;
  }

  it('let a timer stop them within a batch', async () => {
    const vae = await digits();
    const stop = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 30);
    await expect(vae.sample(1500, { seed: 1, signal: stop.signal })).rejects.toBe(reason);
  });

  it('let timers pass between the items of a stream, and stop it', async () => {
    const vae = await digits();
    const stop = new AbortController();
    const reason = new Error('enough');
    let ticks = 0;
    const timer = setInterval(() => ++ticks === 5 && stop.abort(reason), 10);
    const draw = async () => {
      for await (const _ of vae.sample(1500, { seed: 1, stream: true, signal: stop.signal }));
    };
    await expect(draw()).rejects.toBe(reason);
    clearInterval(timer);
  });
});

describe('a half that several wait for', () => {
  /** The tiny model behind a server that answers only when it is told to. */
  async function slowModel() {
    const { manifest, encoder, decoder } = modelBytes();
    const files: Record<string, Uint8Array | string> = {
      '/vae.json': JSON.stringify(manifest),
      '/encoder.onnx': encoder,
      '/decoder.onnx': decoder,
    };
    const waiting: (() => void)[] = [];
    let requests = 0;
    const server = createServer((request, response) => {
      const answer = () => response.end(files[request.url!]);
      if (!request.url!.endsWith('.onnx')) return answer();
      requests++;
      waiting.push(answer);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    const vae = await VAE.load(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      worker: false,
    });
    open.push(vae);
    const until = async (count: number) => {
      while (requests < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    return { vae, until, count: () => requests, answer: () => waiting.splice(0).map((go) => go()) };
  }

  it('goes on for the others when one leaves, who is told at once', async () => {
    const { vae, until, answer, count } = await slowModel();
    const leaving = new AbortController();
    const first = vae.decode([0, 0], { signal: leaving.signal });
    const second = vae.decode([1, 1]);
    await until(1);
    leaving.abort(new Error('first caller left'));
    await expect(first).rejects.toThrow('first caller left');
    answer();
    expect((await second).shape).toEqual([1, ...dataShape]);
    expect(count()).toBe(1);
  });

  it('stops when all have left, and is loaded anew for the next', async () => {
    const { vae, until, answer } = await slowModel();
    const leaving = new AbortController();
    const gone = [
      vae.decode([0, 0], { signal: leaving.signal }),
      vae.decode([1, 1], { signal: leaving.signal }),
    ];
    await until(1);
    leaving.abort(new Error('all left'));
    for (const promise of gone) await expect(promise).rejects.toThrow('all left');
    const next = vae.decode([0, 0]);
    await until(2);
    answer();
    expect((await next).shape).toEqual([1, ...dataShape]);
  });
});

describe('calls at once in the calling thread', () => {
  it('let timers come between them, and those aborted meanwhile are not run', async () => {
    const vae = await VAE.load(modelBytes(), { device: 'cpu', worker: false });
    open.push(vae);
    await vae.prepare();
    const stop = new AbortController();
    const calls = Array.from({ length: 3000 }, () => vae.decode([0, 0], { signal: stop.signal }));
    await calls[0];
    setTimeout(() => stop.abort(new Error('enough')), 0);
    const ends = await Promise.allSettled(calls);
    const refused = ends.filter((end) => end.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set([stop.signal.reason]));
  });
});

describe('an array that is changed during the call', () => {
  const transfer = ({ buffer }: Float32Array) =>
    void structuredClone(0, { transfer: [buffer as ArrayBuffer] });
  const cut = ({ buffer }: Float32Array) =>
    (buffer as ArrayBuffer & { resize(bytes: number): void }).resize(8);

  /** A graph that takes batches of 4 only. */
  const fixed = onnxModel({
    inputs: [{ name: 'z', shape: [4, 2] }],
    outputs: [{ name: 'x', shape: [4, 2] }],
    constants: [],
    nodes: [{ op: 'Add', inputs: ['z', 'z'], outputs: ['x'] }],
  });
  const sources = {
    'any batch': modelBytes(),
    'batches of 4': { decoder: fixed },
  };

  it.each([
    ['any batch', 2, false, transfer],
    ['any batch', 2, true, transfer],
    ['any batch', 600, false, transfer],
    ['any batch', 600, true, transfer],
    ['any batch', 600, true, cut],
    ['batches of 4', 3, false, cut],
    ['batches of 4', 9, true, transfer],
  ] as const)('is refused by a model of %s, %i items, ready %s, %o', async (name, count, ready, change) => {
    const options = { worker: false, latent: { kind: 'deterministic' } } as const;
    const vae = await VAE.load(sources[name], name === 'any batch' ? { worker: false } : options);
    open.push(vae);
    if (ready) await vae.prepare();
    const resizable = ArrayBuffer as unknown as new (bytes: number, more: object) => ArrayBuffer;
    const data = new Float32Array(new resizable(8 * count, { maxByteLength: 8 * count }));
    const decoded = vae.decode({ data, shape: [count, 2] });
    change(data);
    await expect(decoded).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('the array was changed during the call; pass a copy: shape '),
    });
  });
});

it('an abort is heard although the array was changed too', async () => {
  const vae = await VAE.load(modelBytes(), { worker: false });
  open.push(vae);
  await vae.prepare();
  const stop = new AbortController();
  const data = new Float32Array(4);
  const runs = [vae.decode([0, 0]), vae.decode({ data, shape: [2, 2] }, { signal: stop.signal })];
  stop.abort(new Error('enough'));
  structuredClone(0, { transfer: [data.buffer] });
  await runs[0];
  await expect(runs[1]).rejects.toThrow('enough');
});

describe('what a graph brings along', () => {
  it('is refused when it is in another file, also with a manifest', async () => {
    const vae = await VAE.load(modelBytes({ decoder: decoderModel({ externalBias: 'package.json' }) }), {
      worker: false,
    });
    open.push(vae);
    await expect(vae.decode([0, 0])).rejects.toThrow(
      'tiny decoder.onnx: the graph keeps weights in another file ("package.json"); export it as one file.',
    );
  });

  it('may be in memory that is shared', async () => {
    const shared = (bytes: Uint8Array) => {
      const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
      copy.set(bytes);
      return copy;
    };
    const { manifest, decoder } = modelBytes({ encoder: encoderModel() });
    const vae = await VAE.load({ manifest, decoder: shared(decoder) }, { worker: false });
    open.push(vae);
    const z = new Float32Array(new SharedArrayBuffer(8));
    expect(await vae.decode(z)).toEqual(await vae.decode([0, 0]));
    await vae.prepare();
    await expect(vae.encode(new Float32Array(6))).rejects.toThrow('tiny: the model has no encoder.');
  });
});
