import { VAE } from '@vae/sdk';
import { it } from 'vitest';
it('wasm', async () => {
  for (const n of ['torch-external', 'torch-fp16', 'keras-two', 'diffusers-kl']) {
    const vae = await VAE.load(`test/foreign/${n}`, { device: 'wasm', externalData: true });
    const shape = vae.latentShape.map((s) => (s < 0 ? 8 : s));
    const x = await vae.decode({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape: [1, ...shape] }).catch((e) => e);
    console.log(n, x.shape ?? x.message);
    await vae.dispose();
  }
});
