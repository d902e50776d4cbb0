import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastJson, node, vaeTrain, withFolder } from '../support/project.js';
import { softwareVulkan } from '../support/webgpu.js';

interface Found {
  readonly id: string;
  readonly verdict: string;
  readonly detail: string;
  readonly advice?: string;
}

async function check(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return withFolder(async (folder) => {
    const table = join(folder, 'table.md');
    const outcome = await node([vaeTrain, 'check-gpu', '--json', '-o', table, ...args], { env });
    const findings = (lastJson(outcome) as never as { findings: Found[] }).findings;
    return { outcome, findings, table: await readFile(table, 'utf8') };
  });
}

const of = (findings: readonly Found[], target: string) =>
  findings.filter(({ id }) => id.startsWith(`${target}.`));

describe('vae-train check-gpu', () => {
  it('runs through, with or without a GPU, and says what to do about what is absent', async () => {
    const { outcome, findings, table } = await check(['--seconds', '0', '--steps', '2']);
    const failures = findings.filter(({ verdict }) => verdict === 'fail');
    expect(outcome.code, table).toBe(failures.length > 0 ? 1 : 0);
    expect(findings.map(({ id }) => id)).toContain('driver');
    for (const target of ['cuda', 'webgpu', 'tfjs-cuda']) {
      const [first, ...rest] = of(findings, target);
      expect(first!.id).toBe(`${target}.product`);
      if (first!.verdict === 'pass') continue;
      expect(first!.advice).toBeTruthy();
      for (const { verdict } of rest) expect(verdict).toBe('absent');
    }
    // Without NVIDIA's driver nothing of CUDA can be there.
    if (findings[0].verdict === 'absent') expect(of(findings, 'cuda')[0].verdict).toBe('absent');
    for (const { verdict, detail } of findings)
      expect(table).toContain(`| ${verdict} | ${detail.replaceAll('|', '\\|')}`);
    const lines = outcome.stderr.match(/^(PASS|FAIL|ABSENT) .+$/gm);
    expect(lines).toHaveLength(findings.length);
  });

  it.skipIf(!softwareVulkan)(
    'passes webgpu on a software adapter (VAE_TEST_VULKAN)',
    async () => {
      const { outcome, findings, table } = await check(['--seconds', '0', '--steps', '1'], softwareVulkan);
      expect(outcome.code, table).toBe(0);
      const webgpu = of(findings, 'webgpu');
      const [float16, ...always] = webgpu.toReversed();
      expect(always.toReversed().map(({ id, verdict }) => [id, verdict])).toEqual(
        ['product', 'decode', 'steps', 'normalised', 'placement'].map((what) => [`webgpu.${what}`, 'pass']),
      );
      expect(always[0].detail).toMatch(/^\d+ nodes on WebGpuExecutionProvider, none elsewhere/);
      // SwiftShader computes no float16, lavapipe does.
      expect(float16!.id).toBe('webgpu.float16');
      if (float16!.verdict !== 'pass')
        expect(float16).toMatchObject({ verdict: 'absent', detail: expect.stringContaining('shader-f16') });
    },
    240_000,
  );

  it('refuses options that make no sense, in one line', async () => {
    const { code, stderr } = await node([vaeTrain, 'check-gpu', '--steps', '0']);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('--steps');
  });
});
