import { sizeOf } from '../../graph/shape.js';
import type { Value } from '../../graph/value.js';
import { type Emitter, FLOAT, INT } from './emitter.js';

/** In which order the axes of a value are stored: stored axis i is axis order[i] of the value. */
export type Order = readonly number[];

/** TensorFlow convolves with channels last, which is all that its CPU kernels do. */
export const CHANNELS_LAST: Order = [0, 2, 3, 1];
/** [M, C, h, w] as TensorFlow keeps the weights of a convolution: [h, w, C, M]. */
export const FILTER: Order = [2, 3, 1, 0];

const plainOrder = (rank: number): Order => [...Array(rank).keys()];
const isPlain = (order: Order): boolean => order.every((axis, i) => axis === i);

/** A copy with the axes in another order. */
function permute(
  data: ArrayLike<number>,
  dims: readonly number[],
  order: Order,
): { dims: number[]; data: Float32Array } {
  const steps = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const moved = order.map((axis) => ({ size: dims[axis], step: steps[axis] }));
  const out = new Float32Array(data.length);
  let written = 0;
  const copy = (axis: number, from: number): void => {
    if (axis === moved.length) out[written++] = data[from];
    else for (let i = 0; i < moved[axis].size; i++) copy(axis + 1, from + i * moved[axis].step);
  };
  if (data.length > 0) copy(0, 0);
  return { dims: moved.map(({ size }) => size), data: out };
}

interface Known {
  /** The order in which the value came about. */
  readonly home: Order;
  /** Node names by order. */
  readonly names: Map<string, string>;
  readonly constant?: {
    readonly stem: string;
    readonly dims: readonly number[];
    readonly data: Float32Array;
  };
}

/**
 * The values of our graph as nodes, in every order of their axes that something asked for. So a chain of
 * convolutions and activations stays with channels last, and weights are written in the order they are read in.
 */
export class Forms {
  private readonly values = new Map<Value, Known>();

  constructor(private readonly emit: Emitter) {}

  /** A node that computes `value`, in that order of its axes. */
  add(value: Value, name: string, home: Order = plainOrder(value.shape.length)): void {
    this.values.set(value, { home, names: new Map([[String(home), name]]) });
  }

  /** A value that is known now; it becomes a node when it is used. */
  addConstant(value: Value, stem: string, dims: readonly number[], data: Float32Array): void {
    const home = plainOrder(dims.length);
    this.values.set(value, { home, names: new Map(), constant: { stem, dims, data } });
  }

  isConstant(value: Value): boolean {
    return this.values.get(value)!.constant !== undefined;
  }

  home(value: Value): Order {
    return this.values.get(value)!.home;
  }

  /** The node that has the value's axes in this order, as they are by default. */
  as(value: Value, order: Order = plainOrder(value.shape.length)): string {
    const known = this.values.get(value)!;
    const key = String(order);
    const name = known.names.get(key) ?? this.write(known, order);
    known.names.set(key, name);
    return name;
  }

  private write({ home, names, constant }: Known, order: Order): string {
    if (constant) {
      const { dims, data } = permute(constant.data, constant.dims, order);
      return this.emit.constant(constant.stem, dims, data);
    }
    const perm = order.map((axis) => home.indexOf(axis));
    const inputs = [names.get(String(home))!, this.emit.ints(perm)];
    return this.emit.node('Transpose', inputs, { T: FLOAT, Tperm: INT });
  }

  /** An order in which all operands can meet without being moved more than needed. */
  common(operands: readonly Value[], rank: number): Order {
    const order = operands
      .map((value) => this.home(value))
      .find((home) => home.length === rank && !isPlain(home));
    const fits = ({ shape }: Value) => shape.length === rank || shape.length === 0;
    const able = operands.every((value) => fits(value) || this.isConstant(value));
    return order && able ? order : plainOrder(rank);
  }

  /** An operand that broadcasts against values of this order. */
  operand(value: Value, order: Order): string {
    const missing = order.length - value.shape.length;
    const known = this.values.get(value)!;
    if (isPlain(order) || missing === order.length) return this.as(value);
    if (missing === 0) return this.as(value, order);
    const key = `${order} against ${order.length}`;
    const name = known.names.get(key) ?? this.writeAgainst(known.constant!, order, missing);
    known.names.set(key, name);
    return name;
  }

  private writeAgainst(constant: NonNullable<Known['constant']>, order: Order, missing: number): string {
    const all = [...Array<number>(missing).fill(1), ...constant.dims];
    const { dims, data } = permute(constant.data, all, order);
    const first = dims.findIndex((dim) => dim !== 1);
    return this.emit.constant(constant.stem, dims.slice(first < 0 ? dims.length - 1 : first), data);
  }
}
