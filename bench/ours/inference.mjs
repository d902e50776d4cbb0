// Encoding and decoding with a model folder: through the SDK in this thread or in its workers, or through bare sessions of
// ONNX Runtime. Usage: inference.mjs sdk | sdk-workers | ort
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import { serve } from '../harness/protocol.mjs';
import { inputOf } from '../work/inference-input.mjs';

const makers = {
  sdk: (request) => throughSdk({ ...request, worker: false }),
  'sdk-workers': (request) => throughSdk({ ...request, worker: true }),
  ort: bare,
};

serve(async (request) => {
  const { step, ...answer } = await makers[process.argv[2]](request);
  await step();
  return { ...answer, step };
});

async function throughSdk({ model, verb, batch, threads, plan, worker }) {
  const vae = await VAE.load(model, { device: 'cpu', threads, worker });
  const input = inputOf(verb, plan, batch);
  return { step: () => vae[verb](input) };
}

async function bare({ model, verb, batch, threads, plan }) {
  const ort = createRequire(new URL('../../packages/sdk/package.json', import.meta.url))('onnxruntime-node');
  const { files } = JSON.parse(await readFile(join(model, 'vae.json'), 'utf8'));
  const path = join(model, files[verb === 'encode' ? 'encoder' : 'decoder'].path);
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const { data, shape } = inputOf(verb, plan, batch);
  return { step: () => session.run({ [session.inputNames[0]]: new ort.Tensor('float32', data, shape) }) };
}
