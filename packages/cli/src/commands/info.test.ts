import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, model } from '../testing/five-images.js';
import { done } from '../testing/run-vae.js';

describe('vae info', () => {
  it('prints the manifest', async () => {
    expect(await done('info', model)).toMatch(
      /^model {7}tiny\ndata {8}image, 1 × 2 × 3, values 0 to 1\nlatent {6}gaussian, 2\nlikelihood {2}bernoulli\nencoder {5}encoder\.onnx, \d+ bytes\n/,
    );
    const manifest = JSON.parse(readFileSync(join(model, 'vae.json'), 'utf8'));
    const { sizeBytes, ...rest } = JSON.parse(await done('info', model, '--json'));
    expect(rest).toEqual(manifest);
    expect(sizeBytes).toEqual({
      encoder: manifest.files.encoder.bytes,
      decoder: manifest.files.decoder.bytes,
    });
  });

  it('says that a plain autoencoder has no prior', async () => {
    const plain = join(folder, 'plain');
    cpSync(model, plain, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(model, 'vae.json'), 'utf8'));
    const changed = { latent: { kind: 'deterministic', shape: [2] }, prior: { kind: 'standard-normal' } };
    writeFileSync(join(plain, 'vae.json'), JSON.stringify({ ...manifest, ...changed }));
    expect(await done('info', plain)).toMatch(/^prior {7}none, as this is a plain autoencoder$/m);
    const held = { kind: 'standard-normal', mean: [0.1, -0.2], std: [0.9, 1.2] };
    writeFileSync(join(plain, 'vae.json'), JSON.stringify({ ...manifest, ...changed, prior: held }));
    expect(await done('info', plain)).toMatch(/^prior {7}standard-normal$/m);
  });

  it('tells classes apart whose names have spaces, and what was measured on validation data', async () => {
    const classed = join(folder, 'classed');
    cpSync(model, classed, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(model, 'vae.json'), 'utf8'));
    const more = {
      labels: { classes: ['barn owl', 'cat'], conditional: false },
      metrics: { validation: { bound: -1.5 } },
    };
    writeFileSync(join(classed, 'vae.json'), JSON.stringify({ ...manifest, ...more }));
    const text = await done('info', classed);
    expect(text).toMatch(/^classes {5}barn owl, cat$/m);
    expect(text).toMatch(/^validation {2}bound -1\.5$/m);
  });

  it('lets no name steer the terminal', async () => {
    const named = join(folder, 'named');
    cpSync(model, named, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(model, 'vae.json'), 'utf8'));
    writeFileSync(join(named, 'vae.json'), JSON.stringify({ ...manifest, name: 'a\u001b[31mb' }));
    expect(await done('info', named)).toMatch(/^model {7}a\\x1b\[31mb\ndata /);
  });
});
