import { describe, expect, it } from 'vitest';
import { isVaeError } from '../errors.js';
import { onnxModel } from '../testing/onnx.js';
import { scanModel } from './scan.js';
import {
  type Bytes,
  externalTensor,
  graph,
  integer,
  localFunction,
  message,
  model,
  node,
  text,
  value,
  varint,
} from './testing/protobuf.js';

const scan = (bytes: Uint8Array) => scanModel(bytes, 'm.onnx');

function messageOf(bytes: Uint8Array): string {
  try {
    scan(bytes);
  } catch (error) {
    if (isVaeError(error) && error.code === 'bad-model') return error.message;
    throw error;
  }
  throw new Error('no error');
}

/** A model with everything that the scanner looks into. */
const subgraph = graph({
  nodes: [node('Mul', ['outer', 'inner'], ['product'])],
  initializers: [externalTensor('inner', { location: 'b.bin' })],
  outputs: [value('product', [1])],
});
const rich = model(
  graph({
    nodes: [
      node('If', ['c'], ['y'], { attributes: [[...text(1, 'then_branch'), ...message(6, subgraph)]] }),
      node('Special', ['y'], ['s'], { domain: 'my.domain' }),
      node('Constant', [], ['k'], {
        attributes: [message(5, externalTensor('', { location: 'c.bin', offset: '8', length: '16' }))],
      }),
    ],
    initializers: [externalTensor('w', { location: 'a.bin', checksum: 'x' })],
    inputs: [value('x', ['N', 3, -1, '']), value('w', [4]), value('half', [2], 10)],
    outputs: [value('y', ['N', 2]), value('unranked'), value('scalar', [])],
  }),
  message(25, localFunction('my.domain', 'Special', [node('RandomNormal', [], ['r'])])),
  message(20, message(2, graph({ initializers: [externalTensor('t', { location: 'd.bin' })] }))),
);

describe('what a model says about itself', () => {
  it('reads inputs without initial values, outputs and their sizes', () => {
    const { inputs, outputs } = scan(rich);
    expect(inputs).toEqual([
      { name: 'x', elementType: 1, dims: ['N', 3, -1, ''] },
      { name: 'half', elementType: 10, dims: [2] },
    ]);
    expect(outputs).toEqual([
      { name: 'y', elementType: 1, dims: ['N', 2] },
      { name: 'unranked', elementType: 1, dims: undefined },
      { name: 'scalar', elementType: 1, dims: [] },
    ]);
  });

  it('reads operators, also of subgraphs and functions, and what subgraphs take from around them', () => {
    const { nodes, functions } = scan(rich);
    expect(nodes.map(({ domain, op }) => `${domain}:${op}`)).toEqual([
      ':If',
      'my.domain:Special',
      ':Constant',
    ]);
    expect(nodes[0]).toMatchObject({
      inputs: ['c', 'outer', 'inner', 'product'],
      within: [{ domain: '', op: 'Mul' }],
    });
    expect(functions).toEqual([
      { domain: 'my.domain', op: 'Special', within: [{ domain: '', op: 'RandomNormal' }] },
    ]);
  });

  it('finds external data wherever a tensor may be', () => {
    const { external } = scan(rich);
    expect(external.map(({ name, location }) => [name, location])).toEqual([
      ['inner', 'b.bin'],
      ['', 'c.bin'],
      ['w', 'a.bin'],
      ['t', 'd.bin'],
    ]);
    expect(external[1]).toMatchObject({ offset: '8', length: '16' });
    const sparse = message(15, message(1, externalTensor('v', { location: 'e.bin' })));
    const inTensors = node('Op', [], [], {
      attributes: [message(10, externalTensor('', { location: 'f.bin' }))],
    });
    const graphWithBoth = [...sparse, ...message(1, inTensors)];
    expect(scan(model(graphWithBoth)).external.map(({ location }) => location)).toEqual(['e.bin', 'f.bin']);
  });

  it.each([
    ['an entry without the mark', message(13, text(1, 'location'), text(2, 'a'))],
    ['the mark without an entry', integer(14, 1)],
    ['a mark that 32 bits cut to EXTERNAL', integer(14, 2 ** 32 + 1)],
    ['a mark that is taken back', [...integer(14, 1), ...integer(14, 0)]],
  ])('counts %s as external', (_, fields) => {
    expect(scan(model(graph({ initializers: [[...text(8, 'w'), ...fields]] }))).external).toHaveLength(1);
  });

  it('puts together what is stored twice, as protobuf does', () => {
    const twice = model(
      graph({ inputs: [value('x', [1])] }),
      message(7, graph({ outputs: [value('y', [2])] })),
    );
    const { inputs, outputs } = scan(twice);
    expect([inputs[0]?.name, outputs[0]?.name]).toEqual(['x', 'y']);
  });

  it('takes ai.onnx for the empty domain and passes over fields that it does not know', () => {
    const odd = model(
      graph({ nodes: [node('Relu', ['x'], ['y'], { domain: 'ai.onnx' })] }),
      message(99, [1, 2, 3]),
      [...varint(98 * 8 + 1), 1, 2, 3, 4, 5, 6, 7, 8],
      [...varint(97 * 8 + 5), 1, 2, 3, 4],
      integer(7, 5),
    );
    expect(scan(odd).nodes).toEqual([{ domain: '', op: 'Relu', inputs: ['x'], outputs: ['y'], within: [] }]);
  });

  it('costs nothing for weights', () => {
    const data = new Float32Array(2 ** 22);
    // Written by hand, because a list of so many numbers is slow.
    const head = [...text(8, 'w'), ...varint(9 * 8 + 2), ...varint(data.byteLength)];
    const before = [...varint(5 * 8 + 2), ...varint(head.length + data.byteLength), ...head];
    const front = [
      ...integer(1, 8),
      ...varint(7 * 8 + 2),
      ...varint(before.length + data.byteLength),
      ...before,
    ];
    const bytes = new Uint8Array(front.length + data.byteLength);
    bytes.set(front);
    const start = performance.now();
    expect(scan(bytes).external).toEqual([]);
    expect(performance.now() - start).toBeLessThan(100);
  });
});

describe('bytes that are no model', () => {
  const bytesOf = (content: string) => new TextEncoder().encode(content);

  it.each([
    ['empty', '', /is empty\.$/],
    ['a page', '\ufeff\n<!DOCTYPE html><html>', /HTML or XML page, not a model; check the address/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:1', /git lfs pull/],
    ['JSON', '{"format":"vae"}', /JSON text/],
    ['words', 'Not found', /text, not a model/],
    [
      'a zip archive',
      'PK\x03\x04\x14\x00',
      /zip archive, as PyTorch and Keras write; export the model to ONNX/,
    ],
    ['a TensorFlow Lite model', '\x1c\0\0\0TFL3', /TensorFlow Lite/],
  ])('says that it is %s', (_, content, expected) => {
    expect(messageOf(bytesOf(content))).toMatch(expected);
  });

  it('says that it is HDF5', () => {
    expect(messageOf(Uint8Array.from([0x89, 0x48, 0x44, 0x46, 13, 10]))).toMatch(/HDF5/);
  });

  it.each<[string, Bytes, RegExp]>([
    ['no graph', integer(1, 8), /there is no graph in it/],
    [
      'a length past the end',
      [...integer(1, 8), 58, 200, 1],
      /states a length of 200 where 0 bytes are left/,
    ],
    ['a negative length', [58, ...varint(-5)], /states a length of -5/],
    ['a length near 2^64', [58, 255, 255, 255, 255, 255, 255, 255, 255, 127], /states a length of/],
    ['a number that is cut off', [8, 128], /byte 1 of 2 begins a number that is cut off/],
    ['a number of eleven bytes', [8, ...new Array(10).fill(128), 1], /more than ten bytes/],
    ['field 0', [0, 0], /names a field 0/],
    ['a group', [8, 8, 11], /unknown form/],
    ['a cut off float', [...integer(1, 8), 8 * 3 + 5, 1, 2], /cut off/],
  ])('refuses %s', (_, bytes, expected) => {
    expect(messageOf(Uint8Array.from(bytes))).toMatch(expected);
  });

  it('refuses graphs in graphs without end', () => {
    const nested = (levels: number): Bytes => {
      const attributes = levels > 0 ? [message(6, nested(levels - 1))] : [];
      return graph({ nodes: [node('If', [], [], { attributes })] });
    };
    expect(scan(model(nested(32))).nodes).toHaveLength(1);
    expect(messageOf(model(nested(33)))).toMatch(/nested deeper than 32 levels/);
  });

  it('refuses more fields than any model has, soon', () => {
    const names = new Uint8Array(2 ** 22).map((_, i) => (i % 2 === 0 ? 10 : 0));
    const start = performance.now();
    const header = Uint8Array.from([58, ...varint(names.length + 5), 10, ...varint(names.length)]);
    const bytes = new Uint8Array(header.length + names.length);
    bytes.set(header);
    bytes.set(names, header.length);
    expect(messageOf(bytes)).toMatch(/beyond the 1048576 fields/);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('gives a scan or a VaeError for every damaged model', () => {
    const sources = [rich, onnxModel({ inputs: [], outputs: [], constants: [], nodes: [] })];
    let refused = 0;
    for (const source of sources) {
      for (let length = 0; length < source.length; length++) refused += outcome(source.slice(0, length));
      for (let seed = 1; seed <= 4000; seed++) refused += outcome(damaged(source, generator(seed)));
    }
    expect(refused).toBeGreaterThan(4000);
  });
});

/** 1 when refused, 0 when scanned; throws for anything else, and when it takes long. */
function outcome(bytes: Uint8Array): number {
  const start = performance.now();
  try {
    scan(bytes);
    return 0;
  } catch (error) {
    if (!isVaeError(error) || error.code !== 'bad-model') throw error;
    return 1;
  } finally {
    expect(performance.now() - start).toBeLessThan(1000);
  }
}

/** mulberry32: whole numbers below `limit`. */
function generator(seed: number): (limit: number) => number {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

function damaged(source: Uint8Array, below: (limit: number) => number): Uint8Array {
  const bytes = [...source];
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(bytes.length);
    const kind = below(5);
    if (kind === 0) bytes[at] = below(256);
    else if (kind === 1) bytes[at] = bytes[at]! ^ (1 << below(8));
    else if (kind === 2) bytes.splice(at, 1 + below(8));
    else if (kind === 3) bytes.splice(at, 0, ...new Array(1 + below(12)).fill(255));
    else bytes.splice(at, 0, ...bytes.slice(below(bytes.length), below(bytes.length)));
  }
  return Uint8Array.from(bytes);
}
