import { expect, it } from 'vitest';
import { Contender } from './contender.mjs';
import { takeTurns } from './rounds.mjs';

const protocol = new URL('./protocol.mjs', import.meta.url).href;
const inNode = (script) => ({
  program: process.execPath,
  args: ['--input-type=module', '-e', `import { serve } from ${JSON.stringify(protocol)};\n${script}`],
});
const wait = 'const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));';

it('asks and is answered, whatever a library prints', async () => {
  const script = `${wait} serve(async ({ factor }) => {
    process.stdout.write('hello\\n');
    console.log('hello again');
    return { doubled: 2 * factor, step: () => sleep(4) };
  });`;
  const child = new Contender(inNode(script));
  expect(await child.ask({ do: 'prepare', factor: 21 }, 20)).toEqual({ doubled: 42 });
  const { times, wallMs, cpuMs, peakBytes } = await child.ask({ do: 'run', seconds: 0.05 }, 20);
  expect(times.length).toBeGreaterThanOrEqual(3);
  expect(Math.min(...times)).toBeGreaterThan(3);
  expect(times.reduce((a, b) => a + b)).toBeCloseTo(wallMs, 3);
  expect(cpuMs).toBeLessThan(wallMs + 50);
  expect(peakBytes).toBeGreaterThan(2 ** 24);
  await child.end();
});

it.each([
  [
    'says what went wrong',
    'serve(async () => { throw new Error("no such recipe"); });',
    'no such recipe',
    20,
  ],
  ['ends', 'throw new TypeError("too old");', 'exit code 1): TypeError: too old', 20],
  ['does not answer in time', 'serve(() => new Promise(() => {}));', 'no answer to "prepare" in 1 s', 1],
])('fails when the child %s', async (_, script, text, seconds) => {
  const child = new Contender(inNode(script));
  await expect(child.ask({ do: 'prepare' }, seconds)).rejects.toThrow(text);
  await child.end();
});

it('lets contenders take turns and goes on without those that fail', async () => {
  const good = (ms) => inNode(`${wait} serve(async () => ({ parameters: 7, step: () => sleep(${ms}) }));`);
  const entries = [
    { name: 'fast', command: good(2) },
    { name: 'absent', missing: 'not set up' },
    { name: 'other', command: inNode('serve(async () => ({ parameters: 8, step: () => {} }));') },
    { name: 'slow', command: good(50) },
  ];
  const check = ({ answer }) => (answer.parameters === 7 ? undefined : 'another network');
  const turns = await takeTurns(entries, {}, { rounds: 2, seconds: 0.3, check });
  expect(turns.map(({ name, error }) => [name, error])).toEqual([
    ['fast', undefined],
    ['absent', 'not set up'],
    ['other', 'another network'],
    ['slow', undefined],
  ]);
  expect(turns[0].rounds.length).toBe(2);
  expect(turns[0].rounds[0].times.length).toBeGreaterThan(turns[3].rounds[0].times.length);
});
