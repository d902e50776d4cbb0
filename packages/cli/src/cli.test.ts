import { afterEach, describe, expect, it } from 'vitest';
import { commands } from './commands/index.js';
import { runVae as run } from './testing/run-vae.js';

afterEach(() => {
  process.exitCode = 0;
});

describe('vae', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('lists every command for %j', async (argv) => {
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n').map((line: string) => line.trim().replace(/\s+/g, ' '));
    for (const { name, summary } of commands) expect(lines).toContain(`${name} ${summary}`);
  });

  it('prints its version', async () => {
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('suggests the command that was meant', async () => {
    expect(await run('smaple')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^There is no command "smaple"; did you mean "sample"\? Choose one of: train, .*\.\n$/,
      ),
    });
    expect((await run('--verison')).stderr).toMatch(/^unknown option '--verison'.*\n$/);
  });
});
