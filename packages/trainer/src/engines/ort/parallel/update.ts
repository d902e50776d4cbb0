import type { Node } from '../../../graph/value.js';
import type { Call, ScalarStep, UpdatePlan } from '../../../targets/wasm/index.js';
import { evaluateNode } from '../../reference/kernels.js';

type KernelFunction = (bytes: number, sums: number, flush: number, ...rest: number[]) => void;

const halving = Float32Array.of(2 ** -126, 0.5);
/** Whether this thread keeps denormal numbers: where neither the engine nor onnxruntime could have it make them 0. */
const keepsDenormals = (): boolean => Math.fround(halving[0] * halving[1]) > 0;

/** A piece of one call: long enough that a call costs nothing beside it, short enough to stay in the cache. */
const BLOCK = 8192;

interface Block {
  readonly call: Call;
  readonly start: number;
  readonly length: number;
  /** Index of its first sum among those of all blocks. */
  readonly sums: number;
}

/** All calls of a level in pieces. The pieces do not depend on the number of threads, and so neither do sums. */
function* blocksOf(calls: readonly Call[], firstSum: number): Generator<Block> {
  let sums = firstSum;
  for (const call of calls)
    for (let start = 0; start < call.length; start += BLOCK) {
      yield { call, start, length: Math.min(BLOCK, call.length - start), sums };
      sums += call.sums.length;
    }
}

function blocksByLevel({ levels }: UpdatePlan): { levels: Block[][]; sums: number } {
  let sums = 0;
  const all = levels.map(({ calls }) => {
    const blocks = [...blocksOf(calls, sums)];
    sums += blocks.reduce((count, { call }) => count + call.sums.length, 0);
    return blocks;
  });
  return { levels: all, sums };
}

/** The blocks in as many parts, each in a row and about as long as every other. */
function partsOf(blocks: readonly Block[], count: number): Block[][] {
  const parts: Block[][] = Array.from({ length: count }, () => []);
  const total = blocks.reduce((sum, { length }) => sum + length, 0);
  let before = 0;
  for (const block of blocks) {
    parts[Math.floor((before * count) / total)].push(block);
    before += block.length;
  }
  return parts;
}

/** One of the threads that update together. */
export interface Member {
  readonly index: number;
  readonly count: number;
}

/**
 * What one thread does of a compiled update. Threads meet after each level; the numbers each works out for itself. A level's
 * arrays are dealt out as the threads come for them: one that is kept from its processor holds up the others for a block at most.
 */
export class Update {
  private readonly kernels: WebAssembly.Exports;
  private readonly numbers: Float64Array;
  private readonly blocks: readonly Block[][];
  /** The blocks of each level, in parts of which every thread begins with its own. */
  private readonly parts: readonly Block[][][];
  private readonly sums: Float32Array;
  /** How many blocks of each part are taken, level after level. */
  private readonly taken: Int32Array;
  private flush = 1;

  /** Bytes behind the arrays that an update by so many threads needs of its memory. */
  static workBytes(plan: UpdatePlan, threads: number): number {
    return 4 * (blocksByLevel(plan).sums + plan.levels.length * threads);
  }

  /** @param work where those bytes begin, a multiple of 4 */
  constructor(
    private readonly plan: UpdatePlan,
    private readonly memory: WebAssembly.Memory,
    private readonly work: number,
    private readonly member: Member = { index: 0, count: 1 },
  ) {
    const { levels, sums } = blocksByLevel(plan);
    this.blocks = levels;
    this.parts = levels.map((blocks) => partsOf(blocks, member.count));
    this.sums = new Float32Array(memory.buffer, work, sums);
    this.taken = new Int32Array(memory.buffer, work + 4 * sums, levels.length * member.count);
    const module = new WebAssembly.Module(plan.module as Uint8Array<ArrayBuffer>);
    this.kernels = new WebAssembly.Instance(module, { engine: { memory } }).exports;
    const steps = plan.levels.flatMap(({ scalars }) => scalars.map(({ result }) => result));
    const known = [...plan.constants, ...plan.scalarGradients, ...plan.scalarInputs].map(([index]) => index);
    const reduced = plan.levels.flatMap(({ calls }) => calls.flatMap(({ sums: results }) => results));
    this.numbers = new Float64Array(1 + Math.max(-1, ...steps, ...known, ...reduced));
    for (const [index, value] of plan.constants) this.numbers[index] = value;
  }

  /** How often `level` is to be called for one update, for 0, 1, … */
  get levels(): number {
    return this.plan.levels.length;
  }

  /** Takes the numbers of the next update, by name; no thread may be at a level of the one before, nor at one of this. */
  begin(scalars: (name: string) => number): void {
    if (this.member.index === 0) this.taken.fill(0);
    this.flush = Number(keepsDenormals());
    for (const [index, name] of this.plan.scalarInputs) this.numbers[index] = scalars(name);
  }

  /** Computes what is left of one level; every thread must have done the one before. */
  level(level: number): void {
    if (level === 0) this.addGradients();
    else this.addSums(this.blocks[level - 1]);
    for (const step of this.plan.levels[level].scalars) this.compute(step);
    for (const block of this.take(level)) this.run(block);
  }

  /** Blocks that no other thread takes: of its own part, which its cache may still hold, then what others have left. */
  private *take(level: number): Generator<Block> {
    const { index, count } = this.member;
    for (let i = 0; i < count; i++) {
      const owner = (index + i) % count;
      const part = this.parts[level][owner];
      const next = () => part[Atomics.add(this.taken, level * count + owner, 1)];
      for (let block = next(); block; block = next()) yield block;
    }
  }

  /** Numbers among the results, by name, after the last level. */
  results(): Map<string, number> {
    return new Map(this.plan.scalarOutputs.map(([index, name]) => [name, this.numbers[index]]));
  }

  private compute({ op, attributes, inputs, result }: ScalarStep): void {
    const operands = inputs.map((index) => ({ data: Float64Array.of(this.numbers[index]), shape: [] }));
    const node = { op: { name: op }, attributes, shape: [] } as unknown as Node;
    this.numbers[result] = evaluateNode(node, operands, 1).data[0];
  }

  private run({ call, start, length, sums }: Block): void {
    const pointers = call.arrays.map((offset) => offset + 4 * start);
    const scalars = call.scalars.map((index) => this.numbers[index]);
    const kernel = this.kernels[call.kernel] as KernelFunction;
    kernel(4 * length, this.work + 4 * sums, this.flush, ...pointers, ...scalars);
  }

  private addGradients(): void {
    const { scalarGradients, places, parts, stride } = this.plan;
    for (const [index, name] of scalarGradients) {
      this.numbers[index] = 0;
      for (let part = 0; part < parts; part++)
        this.numbers[index] += new Float32Array(
          this.memory.buffer,
          places.get(name)!.offset + part * stride,
          1,
        )[0];
    }
  }

  /** Adds the blocks' sums in their order, so that a total is the same however many threads there are. */
  private addSums(blocks: readonly Block[]): void {
    for (const { call } of blocks) for (const result of call.sums) this.numbers[result] = 0;
    for (const { call, sums } of blocks)
      for (const [i, result] of call.sums.entries()) this.numbers[result] += this.sums[sums + i];
  }
}
