import { expect, it } from 'vitest';
import { failed, passed } from './finding.js';
import type { Item } from './items.js';
import { toMarkdown } from './table.js';

const check = async () => passed('');
const item = (id: string, speed?: Item['speed']): Item => ({ id, title: `title ${id}`, speed, check });

it('a table has every check, and speeds as a table of their own', () => {
  const speed = (on: string, rate?: number) => ({
    item: item(`speed.${on}`, { on, recipe: 'seed-mlp' }),
    finding: rate === undefined ? failed('died | here') : passed('fast', { samplesPerSecond: rate }),
  });
  const text = toMarkdown(
    [
      { item: item('driver'), finding: { verdict: 'absent', detail: 'no card', advice: 'buy one' } },
      speed('cpu', 1234.5),
      speed('cuda'),
    ],
    { date: new Date(0), machine: 'linux', versions: { node: '20.0.0', driver: '580' } },
  );
  expect(text.split('\n')).toEqual([
    '# GPU check',
    '',
    '1970-01-01, linux; node 20.0.0, driver 580',
    '',
    '| check | verdict | seen | what to do |',
    '| --- | --- | --- | --- |',
    '| title driver | absent | no card | buy one |',
    '| title speed.cuda | fail | died \\| here |  |',
    '',
    '## Samples per second of training',
    '',
    'Data and noise are ready when the time begins: those of torch on the card, those of the others in memory.',
    '',
    '| recipe | cpu | cuda |',
    '| --- | ---: | ---: |',
    '| seed-mlp | 1235 | fail |',
    '',
  ]);
});
