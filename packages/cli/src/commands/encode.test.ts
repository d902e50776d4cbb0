import { existsSync, readFileSync } from 'node:fs';
import { reparameterize } from '@vae/sdk/latent';
import { decodeNpz } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { at, autoencoder, expectClose, logvars, means, model, readNpy } from '../testing/five-images.js';
import { done, runVae } from '../testing/run-vae.js';

describe('vae encode', () => {
  it('writes the means, the same from pictures and from an array', async () => {
    expect(await done('encode', model, at('five.npy'), '-o', at('z.npy'))).toBe(
      `Wrote ${at('z.npy')}: 5 latents of 2.\n`,
    );
    expectClose(readNpy('z.npy'), means.flat(), [5, 2]);
    await done('encode', model, at('five'), '-o', at('z2.npy'));
    expect(readNpy('z2.npy')).toEqual(readNpy('z.npy'));
  });

  it('draws with a seed, and writes mean and log-variance too', async () => {
    await done('encode', model, at('five'), '-o', at('all.npz'), '--sample', '--seed', '7', '--with-logvar');
    const { z, mean, logvar, ...rest } = decodeNpz(readFileSync(at('all.npz')));
    expect(rest).toEqual({});
    expectClose(mean!, means.flat(), [5, 2]);
    expectClose(logvar!, logvars.flat(), [5, 2]);
    expectClose(z!, [...reparameterize({ mean: mean!, logvar: logvar! }, { seed: 7 }).data], [5, 2]);
    await done('encode', model, at('five'), '-o', at('drawn.npy'), '--sample', '--seed', '7');
    expect(readNpy('drawn.npy')).toEqual(z);
  });

  it.each(['npz', 'json', 'csv'])('writes no log-variance where there is none: .%s', async (format) => {
    const output = at(`never.${format}`);
    expect(await runVae('encode', autoencoder, at('five'), '-o', output, '--with-logvar')).toMatchObject({
      code: 2,
      stderr:
        "--with-logvar: the model's latents are deterministic and come without a variance; leave it out.\n",
    });
    expect(existsSync(output)).toBe(false);
  });

  it('prints the seed that it drew, which repeats the run', async () => {
    const { stderr } = await runVae('encode', model, at('five'), '-o', at('d1.npy'), '--sample');
    const [, seed] = /^Seed (\d+); add --seed \1 to repeat this\.\n$/.exec(stderr)!;
    await done('encode', model, at('five'), '-o', at('d2.npy'), '--sample', '--seed', seed!);
    expect(readNpy('d2.npy')).toEqual(readNpy('d1.npy'));
  });

  it('names the inputs in CSV and JSON, in natural order, -n of them', async () => {
    await done('encode', model, at('five'), '-n', '2', '-o', at('z.csv'));
    const lines = readFileSync(at('z.csv'), 'utf8').split('\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual([
      'name',
      at('five/image0.png'),
      at('five/image1.png'),
      '',
    ]);
    await done('encode', model, at('five'), '-o', at('z.json'), '--with-logvar');
    const { names, mean, logvar } = JSON.parse(readFileSync(at('z.json'), 'utf8'));
    expect(names.at(-1)).toBe(at('five/image10.png'));
    expect([mean.length, logvar.length]).toEqual([5, 5]);
  });
});
