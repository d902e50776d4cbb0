import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vae-memory-'));
  await build({
    entryPoints: [join(import.meta.dirname, 'checkpoint.ts')],
    outfile: join(folder, 'checkpoint.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const [TENSORS, NUMBERS] = [4, 2 ** 23];
const STATE_BYTES = 4 * TENSORS * NUMBERS;

/** Bytes by which the most that a process ever held grows from before `action`, in a process of its own. */
function growth(before: string, action: string): number {
  writeFileSync(
    join(folder, 'main.cjs'),
    `const { saveCheckpoint, loadCheckpoint } = require('./checkpoint.cjs');
    const at = (k, i) => i % 1000 + k;
    const names = Array.from({ length: ${TENSORS} }, (_, k) => k + '-dense.weight');
    (async () => {
      ${before}
      const most = process.resourceUsage().maxRSS;
      ${action}
      console.log(1024 * (process.resourceUsage().maxRSS - most));
    })();`,
  );
  return Number(execFileSync(process.execPath, ['main.cjs'], { cwd: folder, encoding: 'utf8' }));
}

it('a checkpoint is written and read with little in memory beside its state', () => {
  const written = growth(
    `const tensor = (_, k) => ({ data: new Float32Array(${NUMBERS}).map((_, i) => at(k, i)), shape: [${NUMBERS}] });
    const state = Object.fromEntries(names.map((name, k) => [name, tensor(name, k)]));`,
    `await saveCheckpoint('a.zip', { progress: {}, state });`,
  );
  expect(written).toBeLessThan(0.5 * STATE_BYTES);
  const read = growth(
    '',
    `const { state } = await loadCheckpoint('a.zip');
    for (const [k, name] of names.entries())
      if (!state[name].data.every((x, i) => x === at(k, i))) throw new Error(name + ' is not as it was');`,
  );
  expect(read).toBeLessThan(1.5 * STATE_BYTES);
});
