import { expect, it } from 'vitest';
import { letGo } from './let-go.js';

it('frees the arrays of a state but for those that are kept', () => {
  const tensor = (...data: number[]) => ({ data: Float32Array.from(data), shape: [data.length] });
  const state = { weight: tensor(1, 2), 'adam.m.weight': tensor(3, 4), copy: tensor(5) };
  const { buffer } = state.copy.data;
  letGo({ ...state, same: { data: new Float32Array(buffer), shape: [1] } }, { weight: state.weight });
  expect([...state.weight.data]).toEqual([1, 2]);
  expect([state['adam.m.weight'].data.length, buffer.byteLength]).toEqual([0, 0]);
});
