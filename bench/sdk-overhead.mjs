// What the SDK adds to ONNX Runtime: decode and encode through `VAE` and through a bare session on the same file, in
// turn, in one process. Prints the medians, their ratio and their difference; how a timer of 5 ms does meanwhile; and what
// a second worker brings.
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
  default: await VAE.load(model, { device: 'cpu', threads }),
  'worker: false': await VAE.load(model, { device: 'cpu', threads, worker: false }),
  'worker: true': await VAE.load(model, { device: 'cpu', threads, worker: true }),
};

console.log(machine());
console.log(`${model}, ${threads} threads, medians of ${rounds} rounds taken in turn\n`);
console.log('verb    batch  bare ms   sdk ms   sdk/bare  difference µs  kind');
for (const [kind, vae] of Object.entries(kinds)) {
  for (const verb of ['decode', 'encode'])
    for (const batch of [1, 32, 256]) await compare(vae, kind, verb, batch);
}
console.log(
  '\nverb    batch  ticks of a 5 ms timer in a second, longest gap in ms (default, one call after another)',
);
for (const verb of ['decode', 'encode'])
  for (const batch of [1, 32, 256]) await watchTimer(kinds.default, verb, batch);
await Promise.all(Object.values(kinds).map((vae) => vae.dispose()));
await compareWorkers();

async function bareSessions() {
  const { files } = JSON.parse(await readFile(join(model, 'vae.json'), 'utf8'));
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1 };
  const open = async (half) =>
    ort.InferenceSession.create(await readFile(join(model, files[half].path)), options);
  return { encode: await open('encoder'), decode: await open('decoder') };
}

function inputOf(vae, verb, batch) {
  const shape = [batch, ...(verb === 'decode' ? vae.latentShape : vae.dataShape)];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * 37) % 101) / 101);
  return { data, shape };
}

async function compare(vae, kind, verb, batch) {
  const { data, shape } = inputOf(vae, verb, batch);
  const session = bare[verb];
  const runs = {
    bare: () => session.run({ [session.inputNames[0]]: new ort.Tensor('float32', data, shape) }),
    sdk: () => vae[verb]({ data, shape }),
  };
  // Several calls one after another, as programs make them: one alone would mostly find cold caches. Those of the
  // first 20 ms do not count: a thread that sleeps takes up to 5 ms to wake on a virtual machine, and the system a dozen
  // calls to give it a processor of its own.
  const inner = Math.max(8, Math.round(64 / batch));
  const times = { bare: [], sdk: [] };
  for (let round = -5; round < Number(rounds); round++) {
    // Who goes first changes, so that neither always finds the caches warm.
    for (const name of round % 2 ? ['bare', 'sdk'] : ['sdk', 'bare']) {
      // ONNX Runtime's threads spin for a while after a run, on the processors that the other wants.
      await new Promise((resolve) => setTimeout(resolve, 60));
      const woken = performance.now() + 20;
      while (performance.now() < woken) await runs[name]();
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

/** How long a timer waits beyond its time while the SDK works. */
async function watchTimer(vae, verb, batch) {
  const input = inputOf(vae, verb, batch);
  for (let i = 0; i < 20; i++) await vae[verb](input);
  const started = performance.now();
  const times = [started];
  const timer = setInterval(() => times.push(performance.now()), 5);
  while (performance.now() < started + 1000) await vae[verb](input);
  clearInterval(timer);
  const gap = Math.max(...times.slice(1).map((time, i) => time - times[i]));
  console.log(
    `${verb.padEnd(7)} ${String(batch).padStart(5)} ${times.length - 1} ticks, ${gap.toFixed(1)} ms`,
  );
}

/** Batches of 32 decoded in a second, two calls at once, by one worker and by two. */
async function compareWorkers() {
  const pools = { 'one worker': 1, 'two workers': 2 };
  const rates = { 'one worker': [], 'two workers': [] };
  for (let round = -1; round < Number(rounds); round++) {
    for (const [name, count] of Object.entries(pools)) {
      // A pool is shared by all models of a process, so there is one at a time.
      const vae = await VAE.load(model, { device: 'cpu', threads: count, worker: true });
      const input = inputOf(vae, 'decode', 32);
      const rate = await rateOf(() => vae.decode(input));
      if (round >= 0) rates[name].push(rate);
      await vae.dispose();
    }
  }
  const [one, two] = Object.values(rates).map(median);
  console.log(
    `\nimages decoded in a second, batches of 32: ${Math.round(one)} by one worker, ${Math.round(two)} by two (${(two / one).toFixed(2)} times)`,
  );
}

async function rateOf(decode) {
  for (let i = 0; i < 10; i++) await decode();
  let done = 0;
  const started = performance.now();
  const caller = async () => {
    for (; performance.now() < started + 500; done += 32) await decode();
  };
  await Promise.all([caller(), caller()]);
  return (1000 * done) / (performance.now() - started);
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
