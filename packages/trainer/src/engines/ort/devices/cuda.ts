import { sizeOf } from '../../../graph/shape.js';
import { cudaTarget } from '../../../targets/cuda.js';
import type { Feeds, Program, Results, State } from '../../engine.js';
import { type OrtProgram, OrtPrograms } from '../ort-programs.js';
import { splitResults, stackFeeds, stepsPerRun, toScannedProgram } from '../several-steps.js';
import { toOrtProgram } from '../to-program.js';
import type { DevicePrograms, OrtDevice, OrtSetup } from './device.js';

const FLOAT_BYTES = 4;

/** Programs whose updates run several at a time, each group as one run. */
class GroupedPrograms implements DevicePrograms {
  private readonly grouped: ReadonlySet<string>;

  constructor(
    private readonly programs: OrtPrograms,
    { several }: OrtSetup,
  ) {
    this.grouped = new Set(several?.names);
  }

  async run(name: string, feeds: Feeds): Promise<Results> {
    if (!this.grouped.has(name)) return this.programs.run(name, feeds);
    const [results] = await this.runSteps(name, [feeds]);
    return results;
  }

  async runSteps(name: string, feeds: readonly Feeds[]): Promise<Results[]> {
    return splitResults(await this.programs.run(name, stackFeeds(feeds)), feeds.length);
  }

  readState(): State {
    return this.programs.readState();
  }

  writeState(state: State): void {
    this.programs.writeState(state);
  }

  dispose(): Promise<void> {
    return this.programs.dispose();
  }
}

const bytesOf = (counts: readonly number[]): number =>
  counts.reduce((sum, count) => sum + FLOAT_BYTES * count, 0);

/** What one step is fed; the first extent of every input is the number of steps. */
const feedBytes = ({ feeds }: OrtProgram): number =>
  bytesOf(feeds.map(({ dims }) => sizeOf(dims.slice(1) as number[])));

/** A program that trains on batches of one size. */
const trains = ({ updates, batch }: Program): boolean => updates.size > 0 && batch !== undefined;

/**
 * onnxruntime-node keeps no tensors on a CUDA device between runs: what a run reads and gives crosses PCIe. So several
 * steps are one run, with the state inside it.
 */
export const cuda: OrtDevice = {
  prepare(programs, state, threads) {
    const lowered = Object.entries(programs).map(([name, program]) => {
      const toProgram = trains(program) ? toScannedProgram : toOrtProgram;
      return [name, toProgram(program, state, cudaTarget)] as const;
    });
    const setup = { programs: Object.fromEntries(lowered), state, threads };
    const training = lowered.filter(([name]) => trains(programs[name]));
    if (training.length === 0) return setup;
    const stateBytes = bytesOf(Object.values(state).map(({ data }) => data.length));
    const fed = Math.max(...training.map(([, program]) => feedBytes(program)));
    const size = stepsPerRun({ stateBytes, feedBytes: fed });
    return { ...setup, several: { names: training.map(([name]) => name), size } };
  },
  open: async (runtime, setup) => new GroupedPrograms(await OrtPrograms.open(runtime, setup), setup),
};
