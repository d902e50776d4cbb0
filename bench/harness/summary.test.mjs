import { describe, expect, it } from 'vitest';
import { describeRow } from './report.mjs';
import { putSection, summaryOf } from './summary.mjs';
import { formatNumber, formatRatio, textTable } from './table.mjs';

const even = (median) => ({ median, least: median - 0.1, most: median + 0.1 });
const figures = { best: 1, cpuMicros: 1, firstStepMs: 1, shareOfPeak: 0.4 };
const row = {
  suite: 'training',
  work: 'seed-mlp',
  batch: 64,
  threads: 2,
  parameters: 5,
  flopsPerSample: 1e6,
  peakFlops: 1e9,
  contenders: [
    { name: 'ours', label: 'ours', sustained: 2000, peakBytes: 300, ...figures },
    {
      name: 'torch',
      label: 'A',
      peer: 'PyTorch',
      sustained: 1000,
      peakBytes: 500,
      ours: even(2),
      ...figures,
    },
    {
      name: 'torch-compile',
      label: 'B',
      peer: 'PyTorch',
      sustained: 1600,
      peakBytes: 600,
      ours: even(1.25),
      ...figures,
    },
    { name: 'keras', label: 'K', peer: 'Keras', error: 'not set up' },
  ],
};
const result = {
  date: '2026-01-02T03:04:05Z',
  machine: 'a chip\nNode 20',
  load: { before: 'load average 0', after: 'load average 1' },
  rounds: 5,
  seconds: 1.5,
  rows: [row],
};

describe('the tables', () => {
  it('hold ours against the best of a peer', () => {
    const [, , line] = summaryOf(result, 'training').split('\n');
    expect(line).toBe('| seed-mlp | 64 | 2 | 2,000 | 40.0 | 0.50 | 1.25 (1.15–1.35) | – | – | – | – |');
    const { rows, remarks } = describeRow(row);
    expect(remarks).toEqual([
      'PyTorch at its best (B): ours is 1.25 (1.15–1.35) times as fast, with 0.50 times the memory.',
      'K: not set up',
    ]);
    expect(rows[3].slice(0, 2)).toEqual(['K', '–']);
  });

  it('say where and when', () => {
    expect(summaryOf(result, 'training')).toContain('2026-01-02, a chip, Node 20; 5 rounds in turn');
    expect(summaryOf(result, 'process')).toBeUndefined();
  });

  it('line up', () => {
    expect(
      textTable(
        ['', 'rate'],
        [
          ['ours', '1'],
          ['theirs', '23'],
        ],
      ),
    ).toBe('        rate\nours       1\ntheirs    23');
  });
});

it('numbers have the digits that mean something', () => {
  expect([1234.5, 99.96, 9.876, Number.NaN].map(formatNumber)).toEqual(['1,235', '100.0', '9.88', '–']);
  expect(formatRatio({ median: 1.5, least: 1, most: 2.345 })).toBe('1.50 (1.00–2.35)');
});

describe('a section of a document', () => {
  const section = { name: 'x', heading: 'Speed', intro: 'How fast.' };

  it('keeps what stands around it', () => {
    const document = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb';
    const once = putSection(document, section, 'new');
    expect(once).toBe('a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb');
    expect(putSection(once, section, 'new')).toBe(once);
  });

  it('is added where there is none', () => {
    const once = putSection('a\n', section, 'old');
    expect(once).toBe('a\n\n## Speed\n\nHow fast.\n\n<!-- bench:x -->\nold\n<!-- /bench:x -->\n');
    expect(putSection(once, section, 'new')).toBe(once.replace('old', 'new'));
  });
});
