import { gradientName } from '../../../graph/value.js';
import { wasmMemory } from '../../../wasm-memory.js';
import { Barrier } from './barrier.js';
import { plainBuffer } from './plain-memory.js';
import type { StepPlan } from './plan.js';
import { Update } from './update.js';

const PAGE = 65_536;
const CACHE_LINE = 64;
/** So many bytes, filled up to where another array may begin. */
export const aligned = (bytes: number): number => Math.ceil(bytes / CACHE_LINE) * CACHE_LINE;

/** Where everything behind the update's arrays begins, in bytes. */
function offsetsOf(plan: StepPlan) {
  const { update, members, terms, runs } = plan;
  let bytes = update.bytes;
  const take = (size: number): number => {
    const start = bytes;
    bytes = aligned(start + size);
    return start;
  };
  const work = take(Update.workBytes(update, members));
  const barrier = take(4 * Barrier.LENGTH);
  const scalars = take(4 * update.scalarInputs.length);
  const slot = take(4);
  const termsStart = take(4 * terms.length * runs);
  return { work, barrier, scalars, slot, terms: termsStart, bytes };
}

/** All numbers of a training step in one memory, which every thread of the step sees. */
export class StepMemory {
  readonly work: number;
  readonly barrier: Int32Array;
  /** Numbers of the update, as `update.scalarInputs` lists them: fed ones and state. */
  readonly scalars: Float32Array;
  /** One number: where what is fed to this step lies in the `FeedMemory`. */
  readonly slot: Int32Array;
  private readonly scalarIndex: ReadonlyMap<string, number>;
  private readonly offsets: ReturnType<typeof offsetsOf>;
  /** What arrays are made of. */
  private readonly buffer: ArrayBufferLike;

  /** Bytes of the whole memory. */
  static bytesOf(plan: StepPlan): number {
    return PAGE * Math.ceil(offsetsOf(plan).bytes / PAGE);
  }

  static allocate(plan: StepPlan): WebAssembly.Memory {
    const pages = StepMemory.bytesOf(plan) / PAGE;
    return wasmMemory({ initial: pages, maximum: pages, shared: plan.update.shared });
  }

  constructor(
    private readonly plan: StepPlan,
    readonly memory: WebAssembly.Memory,
  ) {
    this.offsets = offsetsOf(plan);
    this.buffer = plan.plain ? plainBuffer(memory.buffer) : memory.buffer;
    this.work = this.offsets.work;
    this.barrier = new Int32Array(memory.buffer, this.offsets.barrier, Barrier.LENGTH);
    this.scalarIndex = new Map(plan.update.scalarInputs.map(([, name], index) => [name, index]));
    this.scalars = this.floats(this.offsets.scalars, plan.update.scalarInputs.length);
    this.slot = new Int32Array(memory.buffer, this.offsets.slot, 1);
  }

  /** Whether the runtime takes arrays of this memory. */
  get isPlain(): boolean {
    return this.buffer instanceof ArrayBuffer;
  }

  private floats(offset: number, length: number): Float32Array {
    return new Float32Array(this.buffer, offset, length);
  }

  /** One array of the state, or one number of it. */
  state(name: string): Float32Array {
    const index = this.scalarIndex.get(name);
    if (index !== undefined) return this.scalars.subarray(index, index + 1);
    const { offset, length } = this.plan.update.places.get(name)!;
    return this.floats(offset, length);
  }

  /** Where a run adds its gradient of a parameter. */
  gradient(parameter: string, run: number): Float32Array {
    const { update, runsPerRegion } = this.plan;
    const { offset, length } = update.places.get(gradientName(parameter))!;
    return this.floats(offset + Math.floor(run / runsPerRegion) * update.stride, length);
  }

  /** Terms of the objective of one run, in the order of `plan.terms`. */
  terms(run: number): Float32Array {
    const { length } = this.plan.terms;
    return this.floats(this.offsets.terms + 4 * length * run, length);
  }
}
