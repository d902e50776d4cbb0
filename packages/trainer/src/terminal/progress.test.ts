import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.js';

function setUp(stream: { isTTY?: boolean; columns?: number }, total = 100) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const progress = createProgress({
    stream: { ...stream, write: (text) => written.push(text) },
    total,
    label: 'epoch 1',
    now: () => clock.ms,
  });
  return { written, clock, progress };
}

describe('progress on a terminal', () => {
  it('draws bar, percent, fields and remaining time on one line', () => {
    const { written, clock, progress } = setUp({ isTTY: true, columns: 100 });
    clock.ms = 30_000;
    progress.update({ done: 25, fields: { loss: '160.3', 'samples/s': '5200' } });
    expect(written).toEqual([
      `\r${'epoch 1  ██████░░░░░░░░░░░░░░░░░░  25%  1:30 left  loss 160.3  samples/s 5200'}\x1b[K`,
    ]);
  });

  it('never fills the last column, and drops the bar before the numbers', () => {
    for (const columns of [5, 20, 30, 60]) {
      const { written, clock, progress } = setUp({ isTTY: true, columns });
      clock.ms = 1000;
      progress.update({ done: 50, fields: { loss: '160.3', 'samples/s': '5200' } });
      const line = written[0].replace('\r', '').replace('\x1b[K', '');
      expect([...line].length).toBeLessThan(columns);
      if (columns === 30) expect(line).toBe('epoch 1  50%  0:01 left');
    }
  });

  it('redraws at most every 80 ms, but always shows the end', () => {
    const { written, clock, progress } = setUp({ isTTY: true });
    for (let done = 1; done <= 100; done++) {
      clock.ms = done;
      progress.update({ done });
    }
    expect(written).toHaveLength(3);
    expect(written.at(-1)).toContain('100%');
  });

  it('prints lines above the bar and clears itself', () => {
    const { written, progress } = setUp({ isTTY: true });
    progress.update({ done: 10 });
    const bar = written.at(-1)!;
    progress.line('saved checkpoint');
    expect(written.slice(1)).toEqual(['\r\x1b[K', 'saved checkpoint\n', bar]);
    progress.finish();
    expect(written.at(-1)).toBe('\r\x1b[K');
  });
});

it('shows only the fields when the total is not known', () => {
  const { written, clock, progress } = setUp({ isTTY: true }, 0);
  clock.ms = 1000;
  progress.update({ done: 64, fields: { images: '64' } });
  clock.ms = 1010;
  progress.update({ done: 128, fields: { images: '128' } });
  expect(written).toEqual(['\repoch 1  images 64\x1b[K']);
});

describe('progress elsewhere', () => {
  it('prints plain lines, one every five seconds at most', () => {
    const { written, clock, progress } = setUp({});
    for (let done = 1; done <= 100; done++) {
      clock.ms = done * 110;
      progress.update({ done, fields: { loss: '1.5' } });
    }
    progress.line('epoch 1 done');
    progress.finish();
    expect(written).toEqual([
      'epoch 1  46%  0:06 left  loss 1.5\n',
      'epoch 1  92%  0:01 left  loss 1.5\n',
      'epoch 1 done\n',
    ]);
  });

  it('counts speed from where this process began', () => {
    const written: string[] = [];
    const clock = { ms: 0 };
    const progress = createProgress({
      stream: { write: (text) => written.push(text) },
      total: 100,
      label: 'resumed',
      startAt: 50,
      now: () => clock.ms,
    });
    clock.ms = 10_000;
    progress.update({ done: 75 });
    expect(written).toEqual(['resumed  75%  0:10 left\n']);
  });
});
