// What the SDK adds to ONNX Runtime: decode and encode through `VAE` and through a bare session on the same file, in
// turn, in one process. Prints the medians and their ratio; for batch 1 also the difference in microseconds.
// Usage: node bench/sdk-overhead.mjs [model folder] [rounds]
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import ort from '../packages/sdk/node_modules/onnxruntime-node/dist/index.js';
import { machine } from './machine.mjs';

const [model = 'models/mnist-conv', rounds = '20'] = process.argv.slice(2);
const threads = 2;

const bare = await bareSessions();
const kinds = {
  'in-thread': await VAE.load(model, { device: 'cpu', threads, worker: false }),
  workers: await VAE.load(model, { device: 'cpu', threads }),
};

console.log(machine());
console.log(`${model}, ${threads} threads, medians of ${rounds} rounds taken in turn\n`);
console.log('verb    batch  bare ms   sdk ms   sdk/bare  difference µs  kind');
for (const [kind, vae] of Object.entries(kinds)) {
  for (const verb of ['decode', 'encode'])
    for (const batch of [1, 32, 256]) await compare(vae, kind, verb, batch);
}
await Promise.all(Object.values(kinds).map((vae) => vae.dispose()));

async function bareSessions() {
  const { files } = JSON.parse(await readFile(join(model, 'vae.json'), 'utf8'));
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1 };
  const open = async (half) =>
    ort.InferenceSession.create(await readFile(join(model, files[half].path)), options);
  return { encode: await open('encoder'), decode: await open('decoder') };
}

async function compare(vae, kind, verb, batch) {
  const item = verb === 'decode' ? vae.latentShape : vae.dataShape;
  const shape = [batch, ...item];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * 37) % 101) / 101);
  const session = bare[verb];
  const runs = {
    bare: () => session.run({ [session.inputNames[0]]: new ort.Tensor('float32', data, shape) }),
    sdk: () => vae[verb]({ data, shape }),
  };
  // Several calls one after another, as programs make them: one alone would mostly find cold caches.
  const inner = Math.max(8, Math.round(64 / batch));
  const times = { bare: [], sdk: [] };
  for (let round = -5; round < Number(rounds); round++) {
    // Who goes first changes, so that neither always finds the caches warm.
    for (const name of round % 2 ? ['bare', 'sdk'] : ['sdk', 'bare']) {
      // ONNX Runtime's threads spin for a while after a run, on the processors that the other wants.
      await new Promise((resolve) => setTimeout(resolve, 60));
      const start = performance.now();
      for (let i = 0; i < inner; i++) await runs[name]();
      if (round >= 0) times[name].push((performance.now() - start) / inner);
    }
  }
  const [a, b] = [median(times.bare), median(times.sdk)];
  const cells = [
    verb.padEnd(7),
    String(batch).padStart(5),
    a.toFixed(3).padStart(9),
    b.toFixed(3).padStart(8),
  ];
  console.log(
    [...cells, (b / a).toFixed(3).padStart(9), ((b - a) * 1000).toFixed(0).padStart(14), ` ${kind}`].join(
      ' ',
    ),
  );
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
