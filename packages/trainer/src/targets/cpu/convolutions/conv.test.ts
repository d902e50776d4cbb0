import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { gradients } from '../../../autodiff/gradients.js';
import { buildGraph, type Graph } from '../../../graph/graph.js';
import { resolveShape, type Shape, sizeOf } from '../../../graph/shape.js';
import { gradientName, type Input, input, type Value } from '../../../graph/value.js';
import type { OnnxNode } from '../../../onnx/model.js';
import {
  add,
  conv,
  convTranspose,
  div,
  elu,
  exp,
  flatten,
  leakyRelu,
  matMul,
  mul,
  relu,
  reshape,
  sigmoid,
  softplus,
  sub,
  sumAll,
  tanh,
  type Window,
} from '../../../ops/index.js';
import { lowerForCpu } from '../index.js';
import { differenceForCpu } from '../testing.js';

const TOLERANCE = 1e-5;

/** Gathers the parameters of a network that is being written. */
class Network {
  readonly parameters: Input[] = [];

  parameter(...shape: number[]): Input {
    const value = input(`p${this.parameters.length}`, 'state', shape, 'Parameter.');
    this.parameters.push(value);
    return value;
  }

  conv(x: Value, filters: number, kernel: [number, number], window: Window): Value {
    const y = conv(x, this.parameter(filters, x.shape[1] as number, ...kernel), window);
    return add(y, this.parameter(filters, 1, 1));
  }

  convTranspose(x: Value, filters: number, kernel: [number, number], window: Window, extra = 0): Value {
    const y = convTranspose(x, this.parameter(x.shape[1] as number, filters, ...kernel), window, [
      extra,
      extra,
    ]);
    return add(y, this.parameter(filters, 1, 1));
  }

  /** y, and the gradients of Σ r·y with a random r. */
  graph(y: Value): Graph {
    const r = input('r', 'data', y.shape, 'Weights.');
    const slopes = gradients(sumAll(mul(r, y)), this.parameters);
    const named = slopes.map((slope, i) => [gradientName(this.parameters[i].name), slope]);
    return buildGraph('network', { y, ...Object.fromEntries(named) });
  }
}

const strided = (stride: number, ...pads: [number, number, number, number]): Window => ({
  strides: [stride, stride],
  pads,
});

/** Of more than 4 samples products are scattered over pixels, of fewer collected. */
async function check(graph: Graph, batches = [1, 3, 9]): Promise<void> {
  for (const batch of batches)
    for (const threads of [1, 2]) {
      const feeds = graph.inputs.map(({ name, shape }) => {
        const extents = resolveShape(shape, batch);
        const scale = shape[0] === 'N' ? 1 : 0.3;
        const data = normal({ seed: 5, stream: name }, sizeOf(extents)).map((value) => scale * value);
        return [name, { data, shape: extents }];
      });
      const difference = await differenceForCpu(graph, Object.fromEntries(feeds), { batch, threads });
      expect(difference, `batch ${batch}, ${threads} threads`).toBeLessThanOrEqual(TOLERANCE);
    }
}

const image = (...shape: number[]) => input('x', 'data', ['N', ...shape] as Shape, 'Images.');

describe('fewer filters than channels', () => {
  const windows: [[number, number], Window][] = [
    [[3, 3], strided(1, 1, 1, 1, 1)],
    [[3, 3], strided(1, 0, 0, 0, 0)],
    [[2, 3], strided(1, 0, 1, 2, 1)],
    [[2, 2], strided(1, 3, 2, 0, 4)],
    [[1, 1], strided(1, 1, 0, 0, 1)],
    [[1, 1], strided(1, 0, 0, 0, 0)],
    [[5, 1], strided(1, 2, 0, 2, 0)],
    [[3, 3], strided(2, 1, 1, 1, 1)],
  ];

  it.each(windows)('a convolution, its weights and its input: kernel %j, %j', async (kernel, window) => {
    const network = new Network();
    const x = network.conv(image(2, 6, 5), 4, [3, 3], strided(1, 1, 1, 1, 1));
    await check(network.graph(network.conv(relu(x), 2, kernel, window)));
  });

  it.each(windows.slice(0, 2))(
    'a transposed convolution to more channels: kernel %j, %j',
    async (kernel, window) => {
      const network = new Network();
      const x = network.convTranspose(image(1, 6, 5), 2, [2, 2], strided(2, 0, 0, 0, 0));
      await check(network.graph(network.convTranspose(relu(x), 5, kernel, window)));
    },
  );
});

/** Transposed convolutions to maps of 10×10 and 20×20 that lose some of what they add, so that a spare pixel takes it. */
function decoder(network: Network, activation: (x: Value) => Value): Value {
  const small = activation(network.convTranspose(image(3, 5, 5), 4, [3, 3], strided(2, 0, 0, 1, 1)));
  return activation(network.convTranspose(small, 3, [3, 3], strided(2, 0, 0, 1, 1)));
}

const activations: [string, (x: Value) => Value][] = [
  ['relu', relu],
  ['leakyRelu', (x) => leakyRelu(x, 0.2)],
  ['elu', (x) => elu(x, 0.7)],
  ['tanh', tanh],
  ['sigmoid', sigmoid],
  ['softplus', softplus],
  ['silu', (x) => mul(x, sigmoid(x))],
  ['exp', (x) => exp(mul(x, 0.1))],
  ['x / (1 + eˣ)', (x) => div(x, add(exp(x), 1))],
  ['none', (x) => x],
];

describe('maps with a spare pixel', () => {
  it.each(activations)('through activations: %s', async (_, activation) => {
    const network = new Network();
    await check(network.graph(decoder(network, activation)));
  });

  it.each<[string, (network: Network, maps: Value) => Value]>([
    ['a mirrored convolution', (network, maps) => network.conv(maps, 1, [3, 3], strided(1, 1, 1, 1, 1))],
    ['a padded convolution', (network, maps) => network.conv(maps, 4, [3, 3], strided(2, 1, 1, 1, 1))],
    [
      'a convolution without padding',
      (network, maps) => network.conv(maps, 4, [2, 2], strided(2, 0, 0, 0, 0)),
    ],
    ['one tap', (network, maps) => relu(network.conv(maps, 5, [1, 1], strided(1, 0, 0, 0, 0)))],
    [
      'one tap, transposed',
      (network, maps) =>
        network.convTranspose(
          relu(network.convTranspose(maps, 2, [1, 1], strided(1, 0, 0, 0, 0))),
          2,
          [3, 3],
          strided(1, 1, 1, 1, 1),
        ),
    ],
    ['a dense layer', (network, maps) => matMul(flatten(maps), network.parameter(1200, 2))],
    ['a sum with what has none', (network, maps) => add(maps, mul(maps, network.parameter(1, 20, 20)))],
    ['sums with scalars and channels', (network, maps) => sub(mul(maps, 3), network.parameter(3, 1, 1))],
    ['a sum of more axes', (_, maps) => add(maps, input('q', 'data', [2, 'N', 1, 1, 1], 'Numbers.'))],
    ['a product of samples', (_, maps) => mul(maps, reshape(input('s', 'data', ['N'], ''), ['N', 1, 1, 1]))],
    [
      'kernels without overlap',
      (network, maps) => network.convTranspose(maps, 2, [2, 2], strided(2, 0, 0, 0, 0)),
    ],
  ])('into %s', async (_, then) => {
    const network = new Network();
    await check(network.graph(then(network, decoder(network, relu))));
  });

  it('are neither cut nor padded between transposed convolutions', () => {
    const network = new Network();
    const graph = network.graph(decoder(network, relu));
    const count = (op: string) =>
      lowerForCpu(graph, { batch: 16 }).model.nodes.filter((node) => node.op === op).length;
    // y and its derivative meet outputs and weights that have no spare pixel; the gradient of y gets one
    expect([count('Slice'), count('Pad')]).toEqual([2, 1]);
  });
});

describe('windows of many pixels', () => {
  /** Nodes, those inside of other nodes too. */
  const everyOp = (graph: Graph, batch: number, threads = 1) => {
    const all = (nodes: readonly OnnxNode[]): string[] =>
      nodes.flatMap(({ op, attributes: { body } }) => [
        op,
        ...(typeof body === 'object' && 'graph' in body ? all(body.graph.nodes) : []),
      ]);
    return all(lowerForCpu(graph, { batch, threads }).model.nodes);
  };

  /** Maps that have a gradient of their own. */
  const maps = (n: Network, channels: number, height: number, width: number) =>
    relu(n.conv(image(1, height, width), channels, [1, 1], strided(1, 0, 0, 0, 0)));

  const networks: [string, (network: Network) => Value][] = [
    ['all inside', (n) => n.convTranspose(maps(n, 2, 20, 20), 33, [3, 3], strided(2, 0, 0, 0, 0))],
    [
      'some outside, in blocks with places left over',
      (n) => n.convTranspose(maps(n, 3, 19, 23), 40, [3, 3], strided(2, 1, 1, 0, 0)),
    ],
    [
      'of a map with a spare pixel',
      (n) => {
        const spared = relu(n.convTranspose(maps(n, 1, 9, 10), 3, [3, 3], strided(2, 1, 1, 0, 0)));
        return n.convTranspose(spared, 40, [3, 3], strided(2, 1, 1, 0, 0));
      },
    ],
    [
      'a convolution of stride 1 to fewer channels',
      (n) => n.conv(maps(n, 12, 30, 40), 9, [3, 3], strided(1, 1, 1, 1, 1)),
    ],
    [
      'weights that are computed',
      (n) =>
        convTranspose(maps(n, 2, 20, 20), mul(n.parameter(2, 33, 3, 3), 0.5), strided(2, 0, 0, 0, 0), [0, 0]),
    ],
  ];

  it.each(networks)('are multiplied block by block: %s', async (_, network) => {
    const n = new Network();
    const graph = n.graph(network(n));
    expect(everyOp(graph, 3)).toContain('Scan');
    // A batch of 1 has few windows, and two threads share them otherwise.
    expect(everyOp(graph, 1)).not.toContain('Scan');
    expect(everyOp(graph, 3, 2)).not.toContain('Scan');
    await check(graph);
  });

  it('are there for one result alone', async () => {
    const n = new Network();
    const x = image(2, 20, 20);
    const y = n.convTranspose(x, 33, [3, 3], strided(2, 0, 0, 0, 0));
    const slopes = gradients(sumAll(mul(y, y)), [x]);
    const graph = buildGraph('only', { slope: slopes[0] });
    expect(everyOp(graph, 3)).not.toContain('Scan');
    await check(graph);
  });

  it('may be those of an output of the graph', async () => {
    const n = new Network();
    const x = maps(n, 2, 20, 20);
    const y = n.convTranspose(x, 33, [3, 3], strided(2, 0, 0, 0, 0));
    const slope = tanh(input('r', 'data', y.shape, 'Weights.'));
    const slopes = gradients(sumAll(mul(slope, y)), n.parameters.slice(0, 3));
    const named = slopes.map((gradient, i) => [gradientName(`p${i}`), gradient]);
    const graph = buildGraph('output', { slope, maps: x, ...Object.fromEntries(named) });
    expect(everyOp(graph, 3)).toContain('Scan');
    await check(graph);
  });
});

describe('products that are added onto pixels', () => {
  const addsOf = (graph: Graph, batch: number) =>
    lowerForCpu(graph, { batch }).model.nodes.filter(({ op }) => op === 'ScatterND').length;
  const maps = image(2, 12, 12);

  it.each<[string, number, number, (network: Network) => Value]>([
    ['a bias', 210, 2, (n) => n.convTranspose(maps, 8, [3, 3], strided(2, 1, 1, 0, 0))],
    ['groups of different sizes', 240, 2, (n) => n.convTranspose(maps, 7, [3, 3], strided(2, 1, 1, 1, 1))],
    ['no bias', 210, 2, (n) => convTranspose(maps, n.parameter(2, 8, 3, 3), strided(2, 0, 0, 0, 0), [0, 0])],
    [
      'weights that lie the other way',
      60,
      8,
      (n) =>
        n.conv(
          n.conv(image(1, 9, 9), 256, [1, 1], strided(1, 0, 0, 0, 0)),
          2,
          [3, 3],
          strided(2, 0, 0, 0, 0),
        ),
    ],
  ])('are those of some channels at a time, where they are many: %s', async (_, batch, groups, network) => {
    const n = new Network();
    const graph = n.graph(network(n));
    expect([addsOf(graph, 9), addsOf(graph, batch)]).toEqual([1, groups]);
    await check(graph, [batch]);
  });
});

describe('the runtime’s own convolution', () => {
  const countOf = (graph: Graph, op: string, batch = 3) =>
    lowerForCpu(graph, { batch }).model.nodes.filter((node) => node.op === op).length;

  it.each<[string, [number, number], Window, number]>([
    ['stride 1', [3, 3], strided(1, 1, 1, 1, 1), 3],
    ['a kernel of one row', [1, 7], strided(1, 0, 3, 0, 3), 3],
    ['a kernel as large as the maps', [7, 9], strided(1, 0, 0, 0, 0), 3],
    // With a stride it is for windows that the caches do not keep for the weight gradient.
    ['a stride', [4, 4], strided(2, 1, 1, 1, 1), 920],
    ['a stride and a kernel that leave pixels over', [3, 2], strided(3, 0, 1, 2, 0), 3300],
    ['a stride of rows alone', [3, 3], { strides: [2, 1], pads: [1, 0, 1, 2] }, 550],
    ['a stride of columns alone', [2, 5], { strides: [1, 2], pads: [0, 2, 1, 2] }, 510],
  ])('computes a convolution forwards: %s', async (_, kernel, window, batch) => {
    const network = new Network();
    const y = network.conv(image(3, 7, 9), 5, kernel, window);
    expect(countOf(buildGraph('forwards', { y }), 'Conv', batch)).toBe(1);
    await check(network.graph(y), [batch]);
  });

  it('leaves the windows of a stride to the weight gradient while they are few', () => {
    const network = new Network();
    const y = network.conv(image(3, 7, 9), 5, [4, 4], strided(2, 1, 1, 1, 1));
    expect([32, 920].map((batch) => countOf(network.graph(y), 'Gather', batch))).toEqual([1, 1]);
    expect(countOf(network.graph(y), 'Conv', 32)).toBe(0);
  });

  it.each<[string, number, [number, number], Window, number]>([
    ['as many channels', 4, [3, 3], strided(1, 1, 1, 1, 1), 1],
    ['more channels', 9, [5, 2], strided(1, 0, 1, 2, 0), 1],
    ['a quarter of the channels', 1, [3, 3], strided(1, 1, 1, 1, 1), 1],
    ['windows cut at two edges', 4, [2, 3], strided(1, 0, 2, 1, 0), 1],
    ['less than no zeros around maps', 4, [2, 2], strided(1, 0, 2, 0, 1), 0],
    ['a stride', 4, [3, 3], strided(2, 1, 1, 1, 1), 0],
  ])('computes the transpose of one of stride 1: %s', async (_, filters, kernel, window, count) => {
    const network = new Network();
    const y = network.convTranspose(image(4, 7, 9), filters, kernel, window);
    expect(countOf(buildGraph('back', { y }), 'Conv')).toBe(count);
    await check(network.graph(y));
  });

  it('leaves few filters of many channels to a product', async () => {
    const network = new Network();
    const y = network.conv(image(9, 7, 9), 2, [3, 3], strided(1, 1, 1, 1, 1));
    expect(countOf(buildGraph('few', { y }), 'Conv')).toBe(0);
    await check(network.graph(y));
  });

  it('reads and writes maps as products do: nothing is moved between them', () => {
    const network = new Network();
    const x = network.convTranspose(image(4, 8, 8), 4, [1, 1], strided(1, 0, 0, 0, 0));
    const y = network.conv(
      relu(network.conv(relu(x), 4, [3, 3], strided(1, 1, 1, 1, 1))),
      2,
      [1, 1],
      strided(1, 0, 0, 0, 0),
    );
    const graph = buildGraph('between', { y });
    // x, y and the kernel of the product in front
    expect(['Gather', 'Pad', 'Slice', 'Transpose'].map((op) => countOf(graph, op))).toEqual([0, 0, 0, 2]);
  });
});

describe('what is gathered and written', () => {
  const network = new Network();
  const x = relu(network.conv(image(1, 9, 9), 2, [3, 3], strided(2, 1, 1, 1, 1)));
  const graph = network.graph(network.conv(x, 3, [3, 3], strided(2, 0, 0, 0, 0)));
  const opsFor = (threads: number, batch = 9) =>
    lowerForCpu(graph, { batch, threads }).model.nodes.map(({ op }) => op);

  it('windows are gathered once for the convolution and its weight gradient', () => {
    expect(opsFor(1).filter((op) => op === 'Gather').length).toBe(2);
  });

  it('several threads never add into one place', () => {
    expect(opsFor(1)).toContain('ScatterND');
    expect(opsFor(2)).not.toContain('ScatterND');
  });

  it('products of few samples are not added row by row', () => {
    expect(opsFor(1, 4)).not.toContain('ScatterND');
  });

  it('no product stands beside the transposition of a kernel, which the runtime would take into it', () => {
    const { nodes } = lowerForCpu(graph, { batch: 64 }).model;
    const products = nodes.filter(({ op }) => ['Gemm', 'MatMul'].includes(op));
    const beside = new Set(products.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
    const kernels = nodes.filter(({ op, inputs }) => op === 'Transpose' && inputs[0] !== 'x');
    expect(kernels.length).toBeGreaterThan(1);
    for (const { inputs, outputs } of kernels)
      expect([...inputs, ...outputs].filter((name) => beside.has(name))).toEqual([]);
  });

  it.each<[string, [number, number]]>([
    ['Gemm', [1, 1]],
    ['Conv', [3, 3]],
  ])('an activation follows the %s that it is fused to', (op, kernel) => {
    const one = new Network();
    const y = relu(one.conv(image(3, 9, 9), 2, kernel, strided(1, 0, 0, 0, 0)));
    const { nodes } = lowerForCpu(buildGraph('fused', { y }), { batch: 2 }).model;
    const activation = nodes.find((node) => node.op === 'Relu')!;
    expect(nodes.find(({ outputs }) => outputs[0] === activation.inputs[0])?.op).toBe(op);
  });
});
