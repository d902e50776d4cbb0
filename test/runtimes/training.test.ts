import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lastJson, node, root } from '../support/project.js';
import { softwareVulkan } from '../support/webgpu.js';

// Each device in a process of its own: one that takes the process down is then a failed test.

interface Trained {
  readonly device: string;
  readonly description: string;
  readonly notes: readonly string[];
  readonly losses: readonly number[];
  /** Codes after training, and those after the state went out and in again. */
  readonly mean: readonly number[];
  readonly again: readonly number[];
  /** Of every tensor of the state. */
  readonly norms: readonly number[];
}

const child = (recipe: string, device: string, env: NodeJS.ProcessEnv = {}) =>
  node([join(root, 'test/runtimes/training-child.mjs'), recipe, device], { env });

async function trained(recipe: string, device: string, env?: NodeJS.ProcessEnv): Promise<Trained> {
  const outcome = await child(recipe, device, env);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return lastJson(outcome) as never;
}

function expectSame(found: Trained, onCpu: Trained, tolerance: number): void {
  for (const list of ['losses', 'norms', 'mean'] as const)
    for (const [i, value] of found[list].entries()) {
      const expected = onCpu[list][i];
      const allowed = tolerance * Math.max(list === 'mean' ? 1 : 0, Math.abs(expected));
      expect(Math.abs(value - expected), `${list} ${i}`).toBeLessThanOrEqual(allowed);
    }
  expect(found.again).toEqual(found.mean);
}

describe.each([
  ['seed-cvae', 'seed-cvae'],
  ['a conditional model', 'digits-by-class'],
  ['a network of residual blocks and normalisations', join(import.meta.dirname, 'normalised.json')],
])('training %s in Node', (_, recipe) => {
  let onCpu: Trained;
  beforeAll(async () => {
    onCpu = await trained(recipe, 'cpu');
  });

  it('takes a device by itself and says which', async () => {
    const found = await trained(recipe, 'auto');
    expect(found.notes).toEqual([expect.stringMatching(/^device: (cpu \(CUDA: .+\)|cuda)$/)]);
    expectSame(found, onCpu, found.device === 'cuda' ? 1e-3 : 0);
    expect(onCpu.notes).toEqual([]);
    // It learns: what is compared is no standstill.
    expect(onCpu.losses).toHaveLength(20);
    expect(onCpu.losses[0] / onCpu.losses[19]).toBeGreaterThan(1.001);
  });

  it.skipIf(!softwareVulkan)(
    'gives the same on webgpu with a software adapter (VAE_TEST_VULKAN)',
    async () => {
      const found = await trained(recipe, 'webgpu', softwareVulkan);
      expect(found.device).toBe('webgpu');
      expect(found.description).toMatch(/^onnxruntime-node \S+ \(webgpu\)$/);
      expectSame(found, onCpu, 1e-3);
    },
    240_000,
  );
});

it('says what to do about a device that is not there', async () => {
  // Core ML and DirectML are on one system each.
  const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
  const { code, stderr } = await child('seed-cvae', absent);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(new RegExp(`TrainerError: device '${absent}' is not there: .+, this is `));
});
