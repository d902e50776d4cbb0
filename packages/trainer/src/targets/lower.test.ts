import { describe, expect, it } from 'vitest';
import type { OnnxNode } from '../onnx/model.js';
import { Emitter, nameOutputs } from './lower.js';

/** Writes b = Tanh(a) and a Scan whose body adds b to its own input. */
function withBody(): { emit: Emitter; b: string; sum: string } {
  const emit = new Emitter(['a', 'rows'], 1, undefined);
  const b = emit.node('Tanh', ['a']);
  const body = emit.body('row', () => {
    const row = emit.unique('row');
    const sum = emit.node('Add', [row, b]);
    return { inputs: [{ name: row, dims: [2] }], outputs: [{ name: sum, dims: [2] }] };
  });
  const [sum] = emit.nodeOf(1, 'Scan', ['rows'], { body, num_scan_inputs: 1 });
  return { emit, b, sum };
}

const bodyOf = (node: OnnxNode) => (node.attributes.body as { graph: { nodes: readonly OnnxNode[] } }).graph;

describe('the body of an operator', () => {
  it('keeps its nodes for itself and reads what was written before', () => {
    const { emit, b } = withBody();
    expect(emit.nodes.map(({ op }) => op)).toEqual(['Tanh', 'Scan']);
    const [add] = bodyOf(emit.nodes[1]).nodes;
    expect(add.inputs[1]).toBe(b);
    expect(new Set([b, ...add.inputs, ...add.outputs, ...emit.nodes[1].outputs]).size).toBe(4);
  });

  it('reads an output by the name that the graph promises for it', () => {
    const { emit, b, sum } = withBody();
    const nodes = nameOutputs(emit.nodes, [
      ['promised', b],
      ['sums', sum],
    ]);
    expect(nodes.map(({ outputs }) => outputs)).toEqual([['promised'], ['sums']]);
    expect(bodyOf(nodes[1]).nodes[0].inputs[1]).toBe('promised');
    expect(nodes[1].attributes.num_scan_inputs).toBe(1);
  });
});
