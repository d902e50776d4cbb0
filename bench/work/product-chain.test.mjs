import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { productChain, SIZE } from './product-chain.mjs';

const ort = createRequire(new URL('../../packages/sdk/package.json', import.meta.url))('onnxruntime-node');

it('multiplies by b as often as asked', async () => {
  const session = await ort.InferenceSession.create(productChain(3));
  // b shifts columns by one: (a·b³)[i, j] = a[i, j − 3].
  const b = new Float32Array(SIZE ** 2);
  for (let i = 0; i < SIZE; i++) b[i * SIZE + ((i + 1) % SIZE)] = 1;
  const a = Float32Array.from({ length: SIZE ** 2 }, (_, index) => index % 251);
  const tensor = (data) => new ort.Tensor('float32', data, [SIZE, SIZE]);
  const { y } = await session.run({ a: tensor(a), b: tensor(b) });
  for (const [i, j] of [
    [0, 0],
    [17, 2],
    [1023, 1023],
  ])
    expect(y.data[i * SIZE + j]).toBe(a[i * SIZE + ((j + SIZE - 3) % SIZE)]);
  await session.release();
});
