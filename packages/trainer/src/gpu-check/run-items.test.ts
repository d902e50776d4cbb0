import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finding, failed, passed, splitAdvice } from './finding.js';
import { allItems, type Item } from './items.js';
import { runItem, runItems } from './run-items.js';

const options = { data: 'digits', steps: 2, seconds: 1 };

describe('a check in a process of its own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vae-check-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const runCode = async (code: string, timeoutMs?: number) => {
    const file = join(folder, `${Math.random()}.mjs`);
    await writeFile(file, code);
    return runItem('some.item', options, { file, timeoutMs });
  };

  it('answers on its last line, whatever libraries print before', async () => {
    const code = `console.log('greetings'); console.log(JSON.stringify({ verdict: 'pass', detail: process.argv.slice(2).join(' ') }))`;
    expect(await runCode(code)).toEqual(passed(`some.item ${JSON.stringify(options)}`));
  });

  it('that takes its process down is a failure with what was said last', async () => {
    expect(
      await runCode(`console.error('CUDA error 700'); process.kill(process.pid, 'SIGSEGV')`),
    ).toMatchObject({
      verdict: 'fail',
      detail: 'the process of this check ended (killed by SIGSEGV): CUDA error 700',
    });
    expect(await runCode('process.exit(3)')).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('(exit code 3)'),
    });
    expect(await runCode(`console.log('no answer')`)).toMatchObject({ verdict: 'fail' });
  });

  it('that hangs is ended', async () => {
    expect(await runCode('setInterval(() => {}, 1000)', 500)).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('killed by SIGKILL'),
    });
  });
});

describe('a list of checks', () => {
  const item = (id: string, needs?: string): Item => ({
    id,
    title: id,
    needs,
    check: async () => passed(''),
  });
  const items = [
    item('a'),
    item('a.more', 'a'),
    item('b'),
    item('b.more', 'b'),
    item('c'),
    item('c.more', 'c'),
  ];

  it('does not try what cannot work, and says why', async () => {
    const findings: Record<string, Finding> = {
      a: { verdict: 'absent', detail: 'no card', advice: 'buy one' },
      b: failed('wrong'),
      c: passed('right'),
      'c.more': passed('too'),
    };
    const heard: string[] = [];
    const checked = await runItems(
      items,
      async ({ id }) => findings[id],
      ({ item: { id } }) => void heard.push(id),
    );
    expect(heard).toEqual(items.map(({ id }) => id));
    expect(checked.map(({ finding }) => finding.verdict)).toEqual([
      'absent',
      'absent',
      'fail',
      'absent',
      'pass',
      'pass',
    ]);
    // The cause and the advice stand once, with what is absent.
    expect(checked[1].finding).toEqual({ verdict: 'absent', detail: 'not tried, because "a" is absent' });
    expect(checked[3].finding.detail).toBe('not tried, because "b" failed');
  });

  it('has each basis before what needs it, and every id once', () => {
    const all = allItems({ ...options, python: 'python3' });
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [i, { needs }] of all.entries()) if (needs) expect(ids.slice(0, i)).toContain(needs);
    expect(allItems({ ...options, seconds: 0 }).some(({ speed }) => speed)).toBe(false);
    expect(ids).toContain('speed.torch-compile.seed-beta-64');
    expect(allItems(options).map(({ id }) => id)).not.toContain('speed.torch-compile.seed-beta-64');
  });
});

it('advice is what follows the first sentence', () => {
  expect(
    splitAdvice('x.so.1 is missing. It comes with a driver: install that, and run: vae doctor.'),
  ).toEqual({
    detail: 'x.so.1 is missing',
    advice: 'It comes with a driver: install that, and run: vae doctor',
  });
  expect(splitAdvice('nothing 1.30 to do.')).toEqual({ detail: 'nothing 1.30 to do', advice: undefined });
});
