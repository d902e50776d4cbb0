import { resolveShape, type Shape, sizeOf } from '../../graph/shape.js';
import type { Value } from '../../graph/value.js';
import type { Emitter } from '../lower.js';
import {
  apart,
  type Holding,
  hasSamples,
  isView,
  type Order,
  permuted,
  plainOrder,
  sameList,
  samplesLast,
  together,
  usualOrder,
} from './layout.js';

const exact = ({ spare }: Holding): boolean => spare === 'none';
/** Weights of a convolution, or their gradient. */
const isKernel = ({ shape }: Value): boolean => shape.length === 4 && !hasSamples(shape);

/**
 * What the file has of each value, and in which layouts. A layout that is asked for and not there is made from one
 * that is, once.
 */
export class Holdings {
  private readonly held = new Map<Value, Holding[]>();
  private readonly views = new Map<string, string>();
  /** What a view is a view of. */
  private readonly roots = new Map<string, string>();

  constructor(
    readonly emit: Emitter,
    private readonly batch: number,
  ) {}

  resolve(shape: Shape): number[] {
    return resolveShape(shape, this.batch);
  }

  add(value: Value, holding: Holding): Holding {
    const all = this.held.get(value);
    if (all) all.push(holding);
    else this.held.set(value, [holding]);
    return holding;
  }

  /** Notes a value that the file has in its own order of axes. */
  addPlain(value: Value, name: string): Holding {
    const extents = this.resolve(value.shape);
    return this.add(value, {
      name,
      dims: extents,
      order: plainOrder(extents.length),
      extents,
      spare: 'none',
    });
  }

  /** All layouts of a value, the one it was computed in first; none while its row has not been written. */
  of(value: Value): readonly Holding[] {
    return this.held.get(value) ?? [];
  }

  /** Names the same numbers with other extents: a Reshape, which copies nothing, or no node at all. */
  view({ name, dims }: Pick<Holding, 'name' | 'dims'>, wanted: readonly number[]): string {
    if (sameList(dims, wanted)) return name;
    const root = this.roots.get(name) ?? name;
    const key = `${root} [${wanted}]`;
    const known = this.views.get(key);
    if (known) return known;
    const made = this.emit.node('Reshape', [root, this.emit.ints(wanted)]);
    this.views.set(key, made);
    this.roots.set(made, root);
    // The way back: a view of the view with its root's extents is the root.
    this.views.set(`${root} [${dims}]`, name);
    return made;
  }

  private exactHolding(value: Value): Holding {
    return this.of(value).find(exact) ?? this.withoutSpare(value);
  }

  private withoutSpare(value: Value): Holding {
    const [holding] = this.of(value);
    const [channels, pixels, samples] = holding.extents;
    const { emit } = this;
    const from = this.view(holding, holding.extents);
    const name = emit.node('Slice', [from, emit.ints([0]), emit.ints([pixels - 1]), emit.ints([1])]);
    const extents = permuted(this.resolve(value.shape), holding.order);
    return this.add(value, {
      name,
      dims: [channels, pixels - 1, samples],
      order: holding.order,
      extents,
      spare: 'none',
    });
  }

  /** A value with its axes in that order; it may have extent 1 where it only repeats itself. */
  as(value: Value, order: Order): Holding {
    const known = this.of(value).find((holding) => exact(holding) && sameList(holding.order, order));
    if (known) return known;
    const source = this.exactHolding(value);
    const positions = order.map((axis) => source.order.indexOf(axis));
    const extents = permuted(source.extents, positions);
    if (isView(source.extents, positions)) return this.add(value, { ...source, order, extents });
    const moved = together(source.extents, positions);
    const { sizes, perm } = isKernel(value) ? apart(moved) : moved;
    const name = this.emit.node('Transpose', [this.view(source, sizes)], { perm });
    return this.add(value, { name, dims: permuted(sizes, perm), order, extents, spare: 'none' });
  }

  /** A value with its axes in that order and every number written out. */
  whole(value: Value, order: Order): Holding {
    const holding = this.as(value, order);
    const extents = permuted(this.resolve(value.shape), order);
    if (sizeOf(extents) === sizeOf(holding.extents)) return holding;
    const from = this.view(holding, holding.extents);
    const name = this.emit.node('Expand', [from, this.emit.ints(extents)]);
    const written = { name, dims: extents, order, extents, spare: 'none' as const };
    const all = this.held.get(value)!;
    all[all.indexOf(holding)] = written;
    return written;
  }

  /** {@link whole}, as an ONNX value of the given extents, or of those of its axes. */
  viewed(value: Value, order: Order, dims?: readonly number[]): string {
    const whole = this.whole(value, order);
    return this.view(whole, dims ?? whole.extents);
  }

  /** {@link whole}, in the order in which this target computes. */
  usual(value: Value): Holding {
    return this.whole(value, usualOrder(value.shape));
  }

  /** A value as one operand of a broadcast: with one extent for every axis of the result, in that order. */
  aligned(value: Value, order: Order): Holding {
    const added = order.length - value.shape.length;
    const own = order.filter((axis) => axis >= added).map((axis) => axis - added);
    const holding = this.as(value, own);
    const extents = order.map((axis) => (axis < added ? 1 : holding.extents[own.indexOf(axis - added)]));
    return { ...holding, order, extents };
  }

  /** Maps [N, C, H, W] with a spare pixel, if they are there. */
  withSpare(value: Value): Holding | undefined {
    return this.of(value).find((holding) => !exact(holding));
  }

  has(value: Value, order: Order): boolean {
    return this.of(value).some((holding) => exact(holding) && sameList(holding.order, order));
  }

  /** Maps as they were computed, with a spare pixel or without, and samples last. */
  computed(value: Value): Holding {
    return this.carriesSpare(value) ? this.of(value)[0] : this.usual(value);
  }

  /** True for maps that were computed with a spare pixel, rather than given one on demand. */
  carriesSpare(value: Value): boolean {
    const [first] = this.of(value);
    return first !== undefined && !exact(first);
  }

  hasZeros(value: Value): boolean {
    return this.of(value).some(({ spare }) => spare === 'zeros');
  }

  /** Maps [N, C, H, W] with a spare pixel that is 0. */
  withZeros(value: Value): Holding {
    const known = this.of(value).find(({ spare }) => spare === 'zeros');
    if (known) return known;
    const order = samplesLast(4);
    const [channels, height, width, samples] = permuted(this.resolve(value.shape), order);
    const pixels = height * width;
    const from = this.viewed(value, order, [channels, pixels, samples]);
    const name = this.emit.node('Pad', [from, this.emit.ints([0, 0, 0, 0, 1, 0])]);
    const dims = [channels, pixels + 1, samples];
    return this.add(value, { name, dims, order, extents: dims, spare: 'zeros' });
  }
}
