import { type Dim, formatShape, isStatic, resolveDim, type Shape, shapeError } from '../../graph/shape.js';
import type { TensorflowAttribute, TensorflowNode } from '../../tensorflow/graph.js';

export type Attributes = Readonly<Record<string, TensorflowAttribute>>;

export const FLOAT = { type: 'DT_FLOAT' } as const;
export const INT = { type: 'DT_INT32' } as const;

/** Attributes of StridedSlice, to which a user adds masks. */
export const stridedSlice: Attributes = {
  T: FLOAT,
  Index: INT,
  begin_mask: { i: 0 },
  end_mask: { i: 0 },
  ellipsis_mask: { i: 0 },
  new_axis_mask: { i: 0 },
  shrink_axis_mask: { i: 0 },
};

/** Collects the nodes of one TensorFlow graph, and names them. */
export class Emitter {
  readonly nodes: TensorflowNode[] = [];
  private readonly known = new Map<string, string>();
  private readonly taken: Set<string>;

  /** @param batchInput an input whose first axis is the batch, where there is one */
  constructor(
    reserved: Iterable<string>,
    private readonly batchInput: string | undefined,
  ) {
    this.taken = new Set(reserved);
  }

  private unique(stem: string): string {
    let name = stem;
    for (let i = 1; this.taken.has(name); i++) name = `${stem}_${i}`;
    this.taken.add(name);
    return name;
  }

  /** Adds a node under a name of its own that begins with `stem`. */
  node(op: string, inputs: readonly string[], attributes: Attributes = { T: FLOAT }, stem = op): string {
    const name = this.unique(stem);
    this.nodes.push({ name, op, inputs, attributes });
    return name;
  }

  /** Adds an input or an output, whose name is promised. */
  port(name: string, op: string, inputs: readonly string[], attributes: Attributes): void {
    this.nodes.push({ name, op, inputs, attributes });
  }

  constant(stem: string, dims: readonly number[], data: Float32Array | Int32Array): string {
    const dtype = data instanceof Float32Array ? FLOAT : INT;
    return this.node('Const', [], { dtype, value: { tensor: { dims, data } } }, stem);
  }

  private once(key: string, write: () => string): string {
    const name = this.known.get(key) ?? write();
    this.known.set(key, name);
    return name;
  }

  /** Whole numbers as a constant: [count], or of other extents. */
  ints(data: readonly number[], dims: readonly number[] = [data.length]): string {
    return this.once(`ints ${dims} ${data}`, () => this.constant('ints', dims, Int32Array.from(data)));
  }

  /** One number as a constant without axes. */
  float(value: number): string {
    return this.once(`float ${value}`, () => this.constant('float', [], Float32Array.of(value)));
  }

  /** The extents of an array: a constant, or put together where one of them is the batch. */
  sizes(shape: Shape): string {
    if (isStatic(shape)) return this.ints(shape);
    return this.once(`sizes ${shape}`, () => {
      const parts = shape.map((dim) => this.size(dim, shape));
      return this.node('Pack', parts, { N: { i: parts.length }, T: INT, axis: { i: 0 } });
    });
  }

  private size(dim: Dim, shape: Shape): string {
    if (typeof dim === 'number') return this.ints([dim], []);
    const rows = resolveDim(dim, 1);
    const batch = this.batch(shape);
    return rows === 1 ? batch : this.node('Mul', [batch, this.ints([rows], [])], { T: INT });
  }

  private batch(shape: Shape): string {
    const { batchInput } = this;
    if (batchInput === undefined)
      throw shapeError('tensorflow', `${formatShape(shape)} needs N, but no input begins with it.`);
    return this.once('batch', () => {
      const sizes = this.node('Shape', [batchInput], { T: FLOAT, out_type: INT });
      const [first, second] = [this.ints([0]), this.ints([1])];
      return this.node('StridedSlice', [sizes, first, second, second], {
        ...stridedSlice,
        T: INT,
        shrink_axis_mask: { i: 1 },
      });
    });
  }

  /** Extents for Reshape, which takes −1 for the one that follows from the others. */
  reshapeTo(shape: Shape): string {
    const open = shape.filter((dim) => typeof dim === 'string');
    if (open.length > 1) return this.sizes(shape);
    return this.ints(shape.map((dim) => (typeof dim === 'number' ? dim : -1)));
  }
}
