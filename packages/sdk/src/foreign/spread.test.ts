import { expect, it } from 'vitest';
import { onnxModel } from '../testing/onnx.js';
import { VAE } from '../vae/vae.js';

/** An encoder that gives its input back twice. */
const encoderWith = (spread: string) =>
  onnxModel({
    inputs: [{ name: 'x', shape: ['N', 2] }],
    outputs: [
      { name: 'mu', shape: ['N', 2] },
      { name: spread, shape: ['N', 2] },
    ],
    constants: [],
    nodes: ['mu', spread].map((name) => ({ op: 'Identity', inputs: ['x'], outputs: [name] })),
  });

it('says that a negative number is no standard deviation', async () => {
  const vae = await VAE.load({ encoder: encoderWith('z_sigma') }, { device: 'cpu', worker: false });
  await expect(vae.encode([1, -0.5])).rejects.toThrow(
    "output 'z_sigma' is negative or NaN, which is no standard deviation (if it is its logarithm, say so in " +
      'latent.spread), at [0, 1]',
  );
  await vae.dispose();
});

it('takes logarithms of it where latent.spread says so', async () => {
  const latent = { mean: 'mu', logvar: 'z_sigma', spread: 'logstd' } as const;
  const options = { device: 'cpu', worker: false, latent } as const;
  const vae = await VAE.load({ encoder: encoderWith('z_sigma') }, options);
  const { logvar } = await vae.encode([1, -0.5]);
  // ln(s^2) = 2 ln s
  expect([...logvar.data]).toEqual([2, -1]);
  await vae.dispose();
});
