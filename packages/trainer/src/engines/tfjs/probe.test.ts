import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { gradientName, input } from '../../graph/value.js';
import { erf, softplus, sumAll } from '../../ops/index.js';
import { openOnly } from '../../testing/tfjs-backends.js';
import type { Program } from '../engine.js';
import type { Backend } from './backends.js';
import { toTfjsProgram } from './plan.js';
import { probe } from './probe.js';

const w = input('w', 'state', [2], 'Weight.');
const g = input(gradientName('w'), 'gradient', [2], 'Gradient.');
const loss = sumAll(softplus(w));

const look: Program = { graph: buildGraph('look', { y: erf(w) }), updates: new Map() };
const train: Program = {
  graph: buildGraph('train', { loss }),
  updates: new Map(),
  parts: {
    forward: buildGraph('forward', { loss }),
    gradients: buildGraph('gradients', { loss }),
    update: buildGraph('update', { 'w.next': g }),
    parameters: ['w'],
    additive: true,
  },
};

describe('before anything is trained', () => {
  let backend: Backend;
  const lost = ['Erf', 'Sigmoid'];
  let kernels: NonNullable<ReturnType<Backend['tf']['getKernel']>>[];
  beforeAll(async () => {
    backend = await openOnly('wasm');
    kernels = lost.map((name) => backend.tf.getKernel(name, 'wasm'));
  });
  afterAll(() => {
    for (const kernel of kernels) backend.tf.registerKernel(kernel);
  });

  it('what the back end can run is accepted', () => {
    const before = backend.tf.memory().numTensors;
    for (const program of [look, train]) probe(backend, 'fine', toTfjsProgram(program));
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  it('an operator without a kernel is refused by name', () => {
    backend.tf.unregisterKernel('Erf', 'wasm');
    expect(() => probe(backend, 'look', toTfjsProgram(look))).toThrow(
      expect.objectContaining({
        name: 'TrainerError',
        code: 'engine-failed',
        message: expect.stringMatching(
          /^tfjs: tfjs \S+ \(wasm, 1 thread\) cannot run the operator "Erf" of the program "look" \(.*Erf.*\)\. Use --engine ort, or install tfjs-node with: vae-train setup tfjs\.$/,
        ),
      }),
    );
  });

  it('an operator whose gradient lacks a kernel is refused where it is differentiated, and only there', () => {
    // The gradient of softplus is a sigmoid.
    backend.tf.unregisterKernel('Sigmoid', 'wasm');
    expect(() => probe(backend, 'train', toTfjsProgram(train))).toThrow(
      /cannot run the operator "Softplus" of the program "train"/,
    );
    const forward: Program = { graph: train.parts!.forward, updates: new Map() };
    expect(() => probe(backend, 'forward', toTfjsProgram(forward))).not.toThrow();
  });
});
