import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryInChild } from './child.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-child-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Tries webgpu with a script in the place of the doctor. */
function attempt(script: string, limitMs = 30_000) {
  const file = join(folder, 'script.mjs');
  writeFileSync(file, script);
  return tryInChild('webgpu', { command: [process.execPath, file], limitMs });
}

const result = (trial: object) =>
  `console.log(${JSON.stringify(JSON.stringify({ device: 'webgpu', ...trial }))});`;

describe('tryInChild', () => {
  it('gives what the child says, whatever a driver prints around it', async () => {
    const script = `console.log('Vulkan loader 1.4');${result({ works: true, runtime: 'r' })}console.error('bye');`;
    expect(await attempt(script)).toEqual({ device: 'webgpu', works: true, runtime: 'r' });
  });

  it('tells the child which device', async () => {
    const script =
      "console.log(JSON.stringify({ device: 'webgpu', works: false, reason: process.argv.slice(2).join(' ') }))";
    expect((await attempt(script)).reason).toBe('--trial webgpu');
  });

  it.runIf(process.platform !== 'win32')('survives a crash, and says so', async () => {
    expect(await attempt("process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);")).toEqual({
      device: 'webgpu',
      works: false,
      reason: 'It took its process down (SIGSEGV).',
    });
    const atTheEnd = `${result({ works: true })}setTimeout(() => process.kill(process.pid, 'SIGABRT'), 100);`;
    expect(await attempt(atTheEnd)).toEqual({
      device: 'webgpu',
      works: true,
      reason: 'At its end the process crashed (SIGABRT).',
    });
  });

  it('does not wait for ever', async () => {
    expect(await attempt('setInterval(() => {}, 1000);', 300)).toMatchObject({
      works: false,
      reason: 'There was no result within 0.3 s.',
    });
  });

  it('says when there is no result', async () => {
    expect((await attempt('process.exit(3)')).reason).toBe('Its process ended with code 3 and no result.');
    expect((await attempt('console.log(\'{"device":"webgpu", and then\')')).works).toBe(false);
  });
});
