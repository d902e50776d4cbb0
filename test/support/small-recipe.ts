import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy } from '@vae/sdk/media';
import { uniform } from '@vae/sdk/random';

const [SAMPLES, NUMBERS] = [800, 16];

/**
 * Writes a dense recipe, NAME.json, and the data that it is trained on into a folder: 100 steps of 8 make an epoch.
 *
 * @param units of the hidden layers, which say how large checkpoints are
 */
export async function writeSmallRecipe(folder: string, name: string, units: number): Promise<void> {
  const data = uniform({ seed: 1, stream: 'data' }, SAMPLES * NUMBERS);
  await writeFile(join(folder, 'data.npy'), encodeNpy({ data, shape: [SAMPLES, NUMBERS] }));
  const recipe = {
    name,
    data: { source: 'npy:data.npy', binarize: false },
    model: {
      latent: 2,
      encoder: ['flatten', { type: 'dense', units }, 'tanh'],
      decoder: [{ type: 'dense', units }, 'tanh', { type: 'dense', units: 'data' }],
    },
    likelihood: { type: 'gaussian', variance: 1 },
    optimizer: { type: 'adam', learningRate: 0.001 },
    batch: 8,
    epochs: 1000,
    seed: 3,
  };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(recipe));
}
