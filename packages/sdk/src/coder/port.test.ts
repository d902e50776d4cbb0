import { expect, it } from 'vitest';
import type { Port } from '../model.js';
import { readPort } from './port.js';

it('refuses two halves of an odd size', () => {
  const port: Port = { role: 'mean', output: 'a', item: [-1], part: { axis: 0, half: 0 } };
  const given = { data: Float32Array.of(0, 1, 2, 3, 4, 10, 11, 12, 13, 14), shape: [2, 5] };
  expect(() => readPort(given, port, { rows: 2, where: 'e.onnx' })).toThrow(
    'e.onnx: an output of shape [2, 5] is not two halves along axis 1.',
  );
});

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

// ln(s^2) for s = ln(1 + e^x) + 1e-4, as AutoencoderOobleck of diffusers: mpmath.
it('reads standard deviations behind a softplus', () => {
  const port: Port = { role: 'logvar', output: 'a', item: [4], map: 'oobleck' };
  const given = { data: Float32Array.of(-100, 0, 1, 100), shape: [1, 4] };
  const { data } = readPort(given, port, { rows: 1, where: 'e' });
  const expected = [-18.4206807, -0.732737323, 0.545180048, 9.21034237];
  for (const [i, value] of expected.entries()) expect(data[i]).toBeCloseTo(value, 5);
});

it('takes numbers out of another shape, of as many', () => {
  const port: Port = { role: 'x', output: 'y', item: [1, 2, 2], given: [4] };
  const data = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
  const at = { rows: 2, where: 'd.onnx' };
  expect(readPort({ data, shape: [2, 4] }, port, at)).toEqual({ data, shape: [2, 1, 2, 2] });
  expect(() => readPort({ data: data.subarray(2), shape: [2, 3] }, port, at)).toThrow(
    "d.onnx: output 'y' is [2, 3], expected [2, 4].",
  );
});
