import { expect, it } from 'vitest';
import type { Port } from './model.js';
import { readPort } from './port.js';

// ln(s^2) for s = 1/2, 1, 2: -2 ln 2, 0, 2 ln 2.
it.each([
  ['log-square', [0.5, 1, 2]],
  ['double', [-Math.LN2, 0, Math.LN2]],
  ['log', [0.25, 1, 4]],
] as const)('%s makes log-variances', (map, given) => {
  const port: Port = { role: 'logvar', output: 'a', item: [3], map };
  const { data } = readPort({ data: Float32Array.from(given), shape: [1, 3] }, port, { rows: 1, where: 'e' });
  [-2, 0, 2].forEach((times, i) => {
    expect(data[i]).toBeCloseTo(times * Math.LN2, 6);
  });
});
