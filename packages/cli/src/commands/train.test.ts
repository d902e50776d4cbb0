import { describe, expect, it } from 'vitest';
import { done, runVae } from '../testing/run-vae.js';

describe('vae train', () => {
  it('passes its words on', async () => {
    expect(await done('train', '--help')).toContain('Usage: vae-train');
    expect(await runVae('train', '--epochs', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^.+\n$/),
    });
  });
});
