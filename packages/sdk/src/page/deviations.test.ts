import { expect, it } from 'vitest';
import { parseManifest } from '../manifest/parse.js';
import { modelBytes } from '../testing/models.js';
import { deviationsOf } from './deviations.js';

const prior = { kind: 'standard-normal', mean: [4.9, -5.1], std: [0.5, 0] };
const manifestOf = (fields: object) => parseManifest({ ...modelBytes().manifest, prior, ...fields }, 'm');

it("are those of a plain autoencoder's codes around their mean", () => {
  const { latent, of } = deviationsOf(manifestOf({ latent: { kind: 'deterministic', shape: [2] } }));
  expect(latent(3, 0)).toBeCloseTo(4.9 + 3 * 0.5, 6);
  expect(of(5.4, 0)).toBeCloseTo(1, 6);
  expect([of(Math.fround(4.9), 0), of(Math.fround(-5.1), 1)]).toEqual([0, 0]);
  // Of a number that is the same in all codes there is no deviation to count in.
  expect(latent(1, 1)).toBeCloseTo(-4.1, 6);
});

it('are the numbers themselves where there is a prior, or nothing is known of the codes', () => {
  const unknown = { latent: { kind: 'deterministic', shape: [2] }, prior: { ...prior, std: undefined } };
  for (const manifest of [manifestOf({}), manifestOf(unknown), undefined]) {
    const { latent, of } = deviationsOf(manifest);
    expect([latent(-1.3, 0), of(-1.3, 1)]).toEqual([-1.3, -1.3]);
  }
});
