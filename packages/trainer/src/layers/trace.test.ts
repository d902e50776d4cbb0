import { describe, expect, it } from 'vitest';
import { zeros } from './initializers.js';
import { Trace } from './trace.js';

describe('a trace', () => {
  const trace = new Trace(true, [1, 8, 8]);

  it('gives one parameter for one name, and refuses another shape', () => {
    const weight = trace.parameter('w', [2, 3], zeros);
    expect(trace.parameter('w', [2, 3], zeros)).toBe(weight);
    expect(trace.parameters.size).toBe(1);
    expect(() => trace.parameter('w', [3, 2], zeros)).toThrow(
      expect.objectContaining({
        code: 'bad-shape',
        message: 'parameter "w" is [2, 3], but [3, 2] was asked for.',
      }),
    );
  });

  it('writes down what the host has to feed', () => {
    trace.noise('eps', ['N', 2]);
    trace.noise('mask', ['N', 4], { kind: 'mask', keep: 0.8 });
    trace.scalar('beta', (step) => step / 2, 'weight');
    expect([...trace.noises].map(([name, { source, value }]) => [name, source.kind, value.meaning])).toEqual([
      ['eps', 'normal', 'independent standard normal draws'],
      ['mask', 'mask', 'dropout mask: 0, or 1.25 with probability 0.8'],
    ]);
    expect(trace.scalars.get('beta')!.schedule(3)).toBe(1.5);
  });
});
