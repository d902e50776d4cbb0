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

const child = (device: string, env: NodeJS.ProcessEnv = {}, recipe = 'seed-cvae') =>
  node([join(root, 'test/runtimes/training-child.mjs'), recipe, device], { env });

async function trained(device: string, env?: NodeJS.ProcessEnv, recipe?: string): Promise<Trained> {
  const outcome = await child(device, env, recipe);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return lastJson(outcome) as never;
}

let onCpu: Trained;

beforeAll(async () => {
  onCpu = await trained('cpu');
});

function expectSame(found: Trained, tolerance: number, judge = onCpu): void {
  for (const list of ['losses', 'norms', 'mean'] as const)
    for (const [i, value] of found[list].entries()) {
      const expected = judge[list][i];
      const allowed = tolerance * Math.max(list === 'mean' ? 1 : 0, Math.abs(expected));
      expect(Math.abs(value - expected), `${list} ${i}`).toBeLessThanOrEqual(allowed);
    }
  expect(found.again).toEqual(found.mean);
}

describe('training seed-cvae in Node', () => {
  it('takes a device by itself and says which', async () => {
    const found = await trained('auto');
    expect(found.notes).toEqual([expect.stringMatching(/^device: (cpu \(CUDA: .+\)|cuda)$/)]);
    expectSame(found, found.device === 'cuda' ? 1e-3 : 0);
    expect(onCpu.notes).toEqual([]);
    // It learns: what is compared is no standstill.
    expect(onCpu.losses).toHaveLength(20);
    expect(onCpu.losses[0] / onCpu.losses[19]).toBeGreaterThan(1.001);
  });

  it.skipIf(!softwareVulkan)(
    'gives the same on webgpu with a software adapter (VAE_TEST_VULKAN)',
    async () => {
      const found = await trained('webgpu', softwareVulkan);
      expect(found.device).toBe('webgpu');
      expect(found.description).toMatch(/^onnxruntime-node \S+ \(webgpu\)$/);
      expectSame(found, 1e-3);
    },
    240_000,
  );

  it.skipIf(!softwareVulkan)(
    'gives the same for a conditional model on webgpu with a software adapter (VAE_TEST_VULKAN)',
    async () => {
      const [found, expected] = [
        await trained('webgpu', softwareVulkan, 'digits-by-class'),
        await trained('cpu', undefined, 'digits-by-class'),
      ];
      expect(found.device).toBe('webgpu');
      expectSame(found, 1e-3, expected);
    },
    240_000,
  );

  it('says what to do about a device that is not there', async () => {
    // Core ML and DirectML are on one system each.
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
    const { code, stderr } = await child(absent);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(new RegExp(`TrainerError: device '${absent}' is not there: .+, this is `));
  });
});
