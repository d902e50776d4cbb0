import type { Input, Node, Value } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import { type Code, type WasmFunction, wasm } from './module.js';
import { rows, withoutDenormals } from './rows.js';

/** What one pass over some arrays of one shape computes. */
export interface Pass {
  /** Elementwise results and the arrays that they replace. */
  readonly stores: readonly { readonly target: Input; readonly value: Value }[];
  /** Elementwise results that are summed to a number each. */
  readonly sums: readonly Value[];
  /** In how many parts each of these arrays lies in memory, and the distance of the parts in bytes. */
  readonly parts: { readonly of: ReadonlySet<Input>; readonly count: number; readonly stride: number };
  /** Whether the sum of the parts replaces the first of them. */
  readonly keepsTotals: boolean;
}

/**
 * A function (bytes, sums, flush, ...arrays, ...scalars): the length of the arrays in bytes, where the sums go (one
 * float32 each), whether denormal results are to be made 0, where the arrays begin (at multiples of 16 bytes, padded to
 * one), and the numbers beside them.
 */
export interface Kernel {
  readonly function: WasmFunction;
  readonly arrays: readonly Input[];
  readonly scalars: readonly Value[];
}

const isArray = (value: Value): boolean => value.shape.length > 0;

/** The arrays that `roots` need, each after its operands. */
function arraysFor(roots: readonly Value[]): Value[] {
  const order = new Set<Value>();
  const visit = (value: Value): void => {
    if (!isArray(value) || order.has(value)) return;
    if (value.kind === 'node') value.inputs.forEach(visit);
    order.add(value);
  };
  roots.forEach(visit);
  return [...order];
}

const LANES = [0, 1, 2, 3] as const;
const VECTOR_BYTES = 16;
const [BYTES, SUMS, FLUSH, FIRST_ARRAY] = [0, 1, 2, 3];

/** Writes the one loop of a pass. */
class KernelWriter {
  readonly arrays: readonly Input[];
  readonly scalars: readonly Value[];
  private readonly order: readonly Value[];
  private readonly numbers: readonly Value[];
  private readonly local = new Map<Value, number>();
  /** Byte offset of the vector that is being worked on. */
  private readonly position: number;
  private readonly firstTotal: number;
  private readonly mask: number;

  constructor(private readonly pass: Pass) {
    this.order = arraysFor([...pass.sums, ...pass.stores.map(({ value }) => value)]);
    const read = this.order.filter((value) => value.kind === 'input');
    this.arrays = [...new Set([...read, ...pass.stores.map(({ target }) => target)])];
    const operands = this.order.flatMap((value) => (value.kind === 'node' ? value.inputs : []));
    this.numbers = [...new Set(operands.filter((value) => !isArray(value)))];
    this.scalars = this.numbers.filter((value) => value.kind !== 'constant');
    this.position = FIRST_ARRAY + this.arrays.length + this.scalars.length;
    const values = [...this.numbers, ...this.order];
    values.forEach((value, i) => void this.local.set(value, this.position + 1 + i));
    this.firstTotal = this.position + 1 + values.length;
    this.mask = this.firstTotal + pass.sums.length;
  }

  write(): Kernel {
    const { position, arrays, scalars } = this;
    const body = [
      ...this.splatNumbers(),
      ...wasm.loop,
      // while (position + 16 <= bytes)
      ...[...wasm.get(position), ...wasm.get(BYTES), ...wasm.i32.const(-VECTOR_BYTES), ...wasm.i32.and],
      ...[...wasm.i32.ltU, ...wasm.if],
      ...this.vector((total) => total),
      ...[...wasm.get(position), ...wasm.i32.const(VECTOR_BYTES), ...wasm.i32.add, ...wasm.set(position)],
      ...[...wasm.br(1), ...wasm.end, ...wasm.end],
      ...this.rest(),
      ...this.pass.sums.flatMap((_, i) => this.storeTotal(i)),
    ];
    const parameters = [
      ...(['i32', 'i32', 'i32'] as const),
      ...arrays.map(() => 'i32' as const),
      ...scalars.map(() => 'f32' as const),
    ];
    const vectors = this.mask - position;
    return {
      function: {
        parameters,
        locals: [
          [1, 'i32'],
          [vectors, 'v128'],
        ],
        code: body,
      },
      arrays,
      scalars,
    };
  }

  private of(value: Value): Code {
    return wasm.get(this.local.get(value)!);
  }

  /** Every number four times in a vector, before the loop. */
  private splatNumbers(): Code {
    return this.numbers.flatMap((value) => {
      const push =
        value.kind === 'constant'
          ? wasm.f32.const(value.data[0])
          : wasm.get(FIRST_ARRAY + this.arrays.length + this.scalars.indexOf(value));
      return [...push, ...wasm.f32x4.splat, ...wasm.set(this.local.get(value)!)];
    });
  }

  private address(array: Input): Code {
    const pointer = FIRST_ARRAY + this.arrays.indexOf(array);
    return [...wasm.get(pointer), ...wasm.get(this.position), ...wasm.i32.add];
  }

  private load(array: Input): Code {
    const { of, count, stride } = this.pass.parts;
    const first = [...this.address(array), ...wasm.v128.load(0)];
    if (!of.has(array)) return first;
    const others = Array.from({ length: count - 1 }, (_, i) => [
      ...[...this.address(array), ...wasm.v128.load((i + 1) * stride)],
      ...wasm.f32x4.add,
    ]);
    return [...first, ...others.flat()];
  }

  private keepTotal(array: Input): Code {
    const { of, count } = this.pass.parts;
    if (!this.pass.keepsTotals || !of.has(array) || count === 1) return [];
    return [...this.address(array), ...this.of(array), ...wasm.v128.store(0)];
  }

  private compute(value: Value): Code {
    const result = wasm.set(this.local.get(value)!);
    if (value.kind === 'input') return [...this.load(value), ...result, ...this.keepTotal(value)];
    const node = value as Node;
    const row = rows[node.op.name as OpName]!;
    return [...row(node, ...node.inputs.map((input) => this.of(input))), ...result];
  }

  /** All results of four neighbouring elements. Everything is read before anything is replaced. */
  private vector(masked: (total: Code) => Code): Code {
    const totals = this.pass.sums.flatMap((value, i) => {
      const total = this.firstTotal + i;
      return [...wasm.get(total), ...masked(this.of(value)), ...wasm.f32x4.add, ...wasm.set(total)];
    });
    return [...this.order.flatMap((value) => this.compute(value)), ...totals, ...this.stores()];
  }

  /** The same twice: what makes denormals 0 costs a third of a pass, and a processor that does it itself needs none. */
  private stores(): Code {
    const store = (form: (x: Code) => Code): Code =>
      this.pass.stores.flatMap(({ target, value }) => [
        ...[...this.address(target), ...form(this.of(value)), ...wasm.v128.store(0)],
      ]);
    if (this.pass.stores.length === 0) return [];
    const [flushed, asTheyAre] = [store(withoutDenormals), store((x) => x)];
    return [...wasm.get(FLUSH), ...wasm.if, ...flushed, ...wasm.else, ...asTheyAre, ...wasm.end];
  }

  /** The last one to three elements: a whole vector again, whose padding counts in no sum. */
  private rest(): Code {
    const { position, mask } = this;
    const left = [...wasm.get(BYTES), ...wasm.get(position), ...wasm.i32.sub];
    const lanes = [...left, ...wasm.i32.const(2), ...wasm.i32.shrU, ...wasm.i32x4.splat];
    return [
      ...[...wasm.get(position), ...wasm.get(BYTES), ...wasm.i32.ltU, ...wasm.if],
      ...[...wasm.i32x4.const(LANES), ...lanes, ...wasm.i32x4.ltS, ...wasm.set(mask)],
      ...this.vector((total) => [...total, ...wasm.get(mask), ...wasm.v128.and]),
      ...wasm.end,
    ];
  }

  /** (lane 0 + lane 1) + (lane 2 + lane 3) */
  private storeTotal(index: number): Code {
    const lane = (i: number): Code => [...wasm.get(this.firstTotal + index), ...wasm.f32x4.extractLane(i)];
    const pair = (i: number): Code => [...lane(i), ...lane(i + 1), ...wasm.f32.add];
    return [...wasm.get(SUMS), ...pair(0), ...pair(2), ...wasm.f32.add, ...wasm.f32.store(4 * index)];
  }
}

/** One pass as a function of WebAssembly; passes of one structure give the same bytes. */
export const writeKernel = (pass: Pass): Kernel => new KernelWriter(pass).write();
