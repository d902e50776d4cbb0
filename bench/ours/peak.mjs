// The fastest matrix product here: a chain of 1024³ float32 products in ONNX Runtime, against which all else is held.
import { createRequire } from 'node:module';
import { serve } from '../harness/protocol.mjs';
import { productChain, SIZE } from '../work/product-chain.mjs';

const ort = createRequire(new URL('../../packages/sdk/package.json', import.meta.url))('onnxruntime-node');
const PRODUCTS = 3;

serve(async ({ threads }) => {
  const session = await ort.InferenceSession.create(productChain(PRODUCTS), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  // Of the order of 1 after each product.
  const matrix = () =>
    Float32Array.from({ length: SIZE ** 2 }, () => (2 * Math.random() - 1) / Math.sqrt(SIZE / 3));
  const tensor = () => new ort.Tensor('float32', matrix(), [SIZE, SIZE]);
  const feeds = { a: tensor(), b: tensor() };
  const step = async () => session.run(feeds);
  await step();
  return { flops: PRODUCTS * 2 * SIZE ** 3, step };
});
