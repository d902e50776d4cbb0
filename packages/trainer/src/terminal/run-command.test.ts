import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createOutput } from './output.js';
import { asksForJson, quietCommander, runCommand, UsageError } from './run-command.js';

async function captured(
  run: (streams: { stdout: PassThrough; stderr: PassThrough }) => void | Promise<void>,
) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const code = await runCommand(() => run(streams), streams);
  const text = (stream: PassThrough) => stream.read()?.toString() ?? '';
  return { code, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}

const failing = (error: unknown) =>
  captured(() => {
    throw error;
  });

describe('runCommand', () => {
  it('gives 0 when nothing goes wrong', async () => {
    expect(await captured(() => {})).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each(['VaeError', 'TrainerError', 'UsageError'])('gives 2 and one line for a %s', async (name) => {
    const error = Object.assign(new Error('No file "a.png".\n  Give an image.'), { name, code: 'no-file' });
    expect(await failing(error)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'No file "a.png". Give an image.\n',
    });
  });

  it('shows signs in a message that would steer the terminal', async () => {
    const error = Object.assign(new Error('No "a\x1b[31m\x07.png".'), { name: 'VaeError', code: 'no-file' });
    expect((await failing(error)).stderr).toBe('No "a\\x1b[31m\\x07.png".\n');
  });

  it('gives 1 and the stack with its cause for anything else', async () => {
    const result = await failing(new TypeError('x is undefined', { cause: new Error('deep down') }));
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('TypeError: x is undefined\n    at ');
    expect(result.stderr).toContain('Caused by: Error: deep down\n    at ');
    expect((await failing(Object.assign(new Error('disk'), { code: 'ENOSPC' }))).code).toBe(1);
    expect((await failing(Object.assign(new Error('odd'), { name: 'VaeError' }))).code).toBe(1);
    expect(await failing('text')).toEqual({ code: 1, stdout: '', stderr: 'Unexpected error: text\n' });
  });

  it('prints a commander error once, on one line', async () => {
    const result = await captured(async (streams) => {
      const program = quietCommander(new Command('vae'), streams);
      program.command('sample').option('--seed <n>');
      await program.parseAsync(['sample', '--sead', '1'], { from: 'user' });
    });
    expect(result).toEqual({
      code: 2,
      stdout: '',
      stderr: "unknown option '--sead' (Did you mean --seed?); see --help.\n",
    });
  });

  it('prints help on stdout and gives 0', async () => {
    const result = await captured(async (streams) => {
      await quietCommander(new Command('vae'), streams).parseAsync(['--help'], { from: 'user' });
    });
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('Usage: vae');
    expect(result.stderr).toBe('');
  });

  it('is quiet when the reader of stdout is gone', async () => {
    const result = await captured(async ({ stdout }) => {
      stdout.destroy(Object.assign(new Error('closed'), { code: 'EPIPE' }));
      await new Promise((resolve) => setTimeout(resolve, 10));
      stdout.write('more');
      await new Promise((resolve) => setTimeout(resolve, 10));
    });
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('gives 2 and one line when stdout takes no more, also inside another command', async () => {
    const full = () => Object.assign(new Error('write'), { code: 'ENOSPC' });
    const result = await captured(async (streams) => {
      const code = await runCommand(() => void streams.stdout.emit('error', full()), streams);
      expect(code).toBe(2);
    });
    expect(result).toEqual({
      code: 0,
      stdout: '',
      stderr: 'Cannot write to stdout: no space left on the disk.\n',
    });
    expect(await captured(({ stderr }) => void stderr.emit('error', full()))).toMatchObject({ code: 2 });
  });

  describe('with JSON asked for', () => {
    const asked = async (run: (streams: { stdout: PassThrough; stderr: PassThrough }) => void) => {
      const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
      const code = await runCommand(() => run(streams), streams, { json: true });
      return {
        code,
        stdout: String(streams.stdout.read() ?? ''),
        stderr: String(streams.stderr.read() ?? ''),
      };
    };
    const fails = (error: unknown) => () => {
      throw error;
    };

    it.each([
      [new UsageError('No\n file.'), 2, 'usage', 'No file.'],
      [Object.assign(new Error('gone'), { name: 'VaeError', code: 'bad-file' }), 2, 'bad-file', 'gone'],
      [Object.assign(new Error('error: odd'), { code: 'commander.odd' }), 2, 'usage', 'odd; see --help.'],
      [new TypeError('x is undefined'), 1, 'internal', 'x is undefined'],
    ])('tells programs of %s', async (error, expected, code, message) => {
      const result = await asked(fails(error));
      expect(result.code).toBe(expected);
      expect(result.stdout).toBe(`${JSON.stringify({ error: { code, message } })}\n`);
      expect(result.stderr).toContain(message);
    });

    it('gives one object, also where something fails after the result', async () => {
      const result = await asked((streams) => {
        createOutput({ json: true, streams }).result({ a: 1 });
        throw new UsageError('late');
      });
      expect(result).toEqual({ code: 2, stdout: '{"a":1}\n', stderr: 'late\n' });
    });

    it('is seen in the words in front of --', () => {
      expect(asksForJson(['a', '--json'])).toBe(true);
      expect(asksForJson(['a', '--', '--json'])).toBe(false);
      expect(asksForJson(['--jsonl'])).toBe(false);
    });
  });

  it('knows its own error', () => {
    expect(new UsageError('no')).toMatchObject({ name: 'UsageError', code: 'usage', message: 'no' });
  });
});
