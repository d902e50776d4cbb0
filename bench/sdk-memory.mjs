// Memory of the SDK over many decodes, and over many loads beside bare sessions: node --expose-gc --max-semi-space-size=1 bench/sdk-memory.mjs
// [decodes] [loads]. Prints the growth of the heap and of the process after a warm-up, in MB, and how many of ONNX
// Runtime's tensors were made and are still alive, as one JSON object.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import ort from '../packages/sdk/node_modules/onnxruntime-node/dist/index.js';

const [decodes = 100_000, loads = 2000] = process.argv.slice(2).map(Number);
const model = join(import.meta.dirname, '../models/mnist-conv');

console.log(
  // Loads first: memory that decodes have used would be given back under them.
  JSON.stringify({ loads: await manyLoads(), decodes: await manyDecodes(), tensors: await countTensors() }),
);

async function manyDecodes() {
  const growths = {};
  for (const [name, worker] of Object.entries({ byDefault: undefined, inThread: false, workers: true })) {
    const vae = await VAE.load(model, { device: 'cpu', worker });
    const work = async (count) => {
      for (let i = 0; i < count; i++) await vae.decode([[(i % 7) / 7, (i % 11) / 11]]);
    };
    await work(decodes / 10);
    growths[name] = await growthOf(() => work(decodes));
    await vae.dispose();
  }
  return growths;
}

/** Every tensor that goes into a session or comes out of one, through a runtime that counts them. */
async function countTensors() {
  let made = 0;
  let gone = 0;
  const registry = new FinalizationRegistry(() => gone++);
  const watch = (tensor) => {
    made++;
    registry.register(tensor);
    return tensor;
  };
  class Tensor extends ort.Tensor {
    constructor(...parts) {
      super(...parts);
      watch(this);
    }
  }
  const create = async (...parts) => {
    const session = await ort.InferenceSession.create(...parts);
    const run = session.run.bind(session);
    session.run = async (...given) => {
      const outputs = await run(...given);
      for (const tensor of Object.values(outputs)) watch(tensor);
      return outputs;
    };
    return session;
  };
  const vae = await VAE.load(model, { ort: { env: ort.env, Tensor, InferenceSession: { create } } });
  for (let i = 0; i < decodes / 10; i++) await vae.decode([[0, 1]]);
  await vae.dispose();
  // Finalizers run between tasks, some while after the collection.
  for (let i = 0; i < 20 && gone < made; i++) {
    settled();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { made, alive: made - gone };
}

/** The same sessions made and let go of, through the SDK and bare, in turn so that both see the same heap. */
async function manyLoads() {
  const bytes = { encoder: await half('encoder'), decoder: await half('decoder') };
  const bare = async (count) => {
    for (let i = 0; i < count; i++) {
      for (const half of [bytes.encoder, bytes.decoder]) {
        const session = await ort.InferenceSession.create(half, { intraOpNumThreads: 1 });
        await session.release();
      }
    }
  };
  const sdk = (worker) => async (count) => {
    for (let i = 0; i < count; i++) {
      const vae = await VAE.load(model, { device: 'cpu', worker, threads: 1 });
      await vae.prepare();
      await vae.dispose();
    }
  };
  const result = {};
  for (const [name, work] of Object.entries({
    bare,
    inThread: sdk(false),
    workers: sdk(true),
    byDefault: sdk(),
  })) {
    // The allocator's arenas and V8's code fill over the first thousand; what grows after that would be a leak.
    await work(loads / 2);
    result[name] = await growthOf(() => work(loads));
  }
  return result;
}

async function half(name) {
  const { files } = JSON.parse(await readFile(join(model, 'vae.json'), 'utf8'));
  return readFile(join(model, files[name].path));
}

async function growthOf(work) {
  const before = settled();
  await work();
  const after = settled();
  return {
    heapMB: (after.heapUsed - before.heapUsed) / 2 ** 20,
    residentMB: (after.rss - before.rss) / 2 ** 20,
  };
}

function settled() {
  for (let i = 0; i < 3; i++) globalThis.gc();
  return process.memoryUsage();
}
