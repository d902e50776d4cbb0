import { TrainerError } from '../../../errors.js';
import { sizeOf } from '../../../graph/shape.js';
import type { NoiseRows } from '../../../noise/draw-noise.js';
import { plainBuffer } from './plain-memory.js';
import type { Feed, StepPlan } from './plan.js';
import { aligned } from './step-memory.js';

const MAX_BYTES = 2 ** 32;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Numbers that say whose noise is drawn, before the samples: how many these are, the seed, the step. */
const KEYS = 3;

/** Where the feeds of a slot begin, in bytes; rows that fill up the last run are there too. Behind them is whose noise is drawn. */
function layOut({ feeds, rows, runs }: StepPlan) {
  const starts = new Map<string, number>();
  let bytes = 0;
  for (const { name, dims, batched } of feeds) {
    starts.set(name, bytes);
    bytes += aligned(FLOAT_BYTES * sizeOf(dims) * (batched ? runs : 1));
  }
  const keys = bytes;
  return { starts, keys, bytes: bytes + aligned(Float64Array.BYTES_PER_ELEMENT * (KEYS + rows * runs)) };
}

/**
 * What a step is fed, in slots: the caller's thread fills some while the threads of the step read another one where it is.
 * Nothing is sent, and nothing is left behind for a collector. Each slot is a buffer of its own that begins with the data: who
 * reads data and takes the array for the whole of its buffer is right.
 */
export class FeedMemory {
  private readonly layout: ReturnType<typeof layOut>;
  /** What arrays are made of, by slot. */
  private readonly buffers: readonly ArrayBufferLike[];

  /** Bytes of one slot. */
  static bytesOf(plan: StepPlan): number {
    return layOut(plan).bytes;
  }

  /**
   * @param slots that are wanted; as many as fit become of it, one at least
   * @throws TrainerError "engine-failed" where the system gives no memory
   */
  static allocate(plan: StepPlan, slots: number): SharedArrayBuffer[] {
    const bytes = FeedMemory.bytesOf(plan);
    const count = Math.max(1, Math.min(slots, Math.floor(MAX_BYTES / bytes)));
    try {
      return Array.from({ length: count }, () => new SharedArrayBuffer(bytes));
    } catch (cause) {
      const size = Math.ceil((bytes * count) / 2 ** 20);
      throw new TrainerError(
        'engine-failed',
        `There is no memory of ${size} MiB for what is fed. A smaller batch needs less.`,
        { cause },
      );
    }
  }

  constructor(
    private readonly plan: StepPlan,
    readonly memory: readonly SharedArrayBuffer[],
  ) {
    this.layout = layOut(plan);
    this.buffers = plan.plain ? memory.map(plainBuffer) : memory;
  }

  get slots(): number {
    return this.memory.length;
  }

  /** Whether the runtime takes arrays of this memory. */
  get isPlain(): boolean {
    return this.buffers[0] instanceof ArrayBuffer;
  }

  /** What is fed to a whole step. Rows behind it stay 0: nobody writes them. */
  ofStep(slot: number, { name, length }: Feed): Float32Array {
    return new Float32Array(this.buffers[slot], this.layout.starts.get(name)!, length);
  }

  /** What of it is fed to one run. */
  ofRun(slot: number, { name, dims, batched }: Feed, run: number): Float32Array {
    const length = sizeOf(dims);
    const before = batched ? FLOAT_BYTES * length * run : 0;
    return new Float32Array(this.buffers[slot], this.layout.starts.get(name)! + before, length);
  }

  /** Says whose noise the threads draw; of nobody's, all noise is among what is fed. */
  drawFor(slot: number, rows?: NoiseRows): void {
    const keys = this.keys(slot);
    keys[0] = rows?.indices.length ?? 0;
    if (!rows) return;
    keys.set([rows.seed, rows.step], 1);
    keys.set(rows.indices, KEYS);
  }

  /** Whose noise is drawn for one run: `undefined` where it is among what is fed. */
  drawnFor(slot: number, run: number): NoiseRows | undefined {
    const keys = this.keys(slot);
    const [samples, seed, step] = keys;
    if (samples === 0) return undefined;
    const { rows } = this.plan;
    const indices = keys.subarray(KEYS + rows * run, KEYS + Math.min(samples, rows * (run + 1)));
    return { seed, step, indices };
  }

  private keys(slot: number): Float64Array {
    const { rows, runs } = this.plan;
    return new Float64Array(this.memory[slot], this.layout.keys, KEYS + rows * runs);
  }
}
