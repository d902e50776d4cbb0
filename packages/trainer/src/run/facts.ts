import { readFile } from 'node:fs/promises';
import type { Dataset } from '../data/dataset.js';
import { atomicWrite } from '../files/atomic-write.js';
import { packageVersions } from '../versions.js';
import { caveatOf } from './caveat.js';
import type { RunFolder } from './folder.js';
import type { PartName } from './latent/latent-view.js';
import type { Opened } from './open.js';
import { MOST_COLUMNS } from './report/columns-axis.js';
import { machineFacts } from './report/machine.js';
import type { Ending, TrainOptions } from './types.js';

/** What a run does otherwise after a number of updates. */
export interface Change {
  /** Updates done before it. */
  readonly step: number;
  /** '"optimizer.learningRate" is 0.0001 (it was 0.001)' */
  readonly text: string;
}

/** `run.json`: what a report tells of a run beside its recipe and its numbers. */
export interface RunFacts {
  readonly dataset: string;
  readonly kind: Dataset['kind'];
  /** Extents of one sample. */
  readonly shape: readonly number[];
  /** What the numbers of a sample are called, where there are few. */
  readonly columns?: readonly string[];
  readonly latentKind: string;
  /** Samples of each part. */
  readonly samples: Readonly<Partial<Record<PartName, number>>>;
  /** Trained numbers in both networks. */
  readonly parameters: number;
  /** All updates that the run is to make. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** "onnxruntime-node 1.30.0 (cpu, 2 threads)" */
  readonly engine: string;
  /** What the bound is for this likelihood and data, one sentence. */
  readonly caveat: string;
  /** How the run was begun. */
  readonly command?: string;
  /** What `--resume` changed since, in order; absent where that is nothing. */
  readonly changes?: readonly Change[];
  /** The machine and its software, as names and values. */
  readonly machine: readonly (readonly [name: string, value: string])[];
  /** Absent while the run is under way, and after it was killed. */
  readonly ended?: Ending;
}

/** The changes of a run that goes on. A start that trained nothing after its checkpoint changed nothing. */
function changesOf({ progress, change: text }: Opened, before: readonly Change[] = []): readonly Change[] {
  const step = progress?.step ?? 0;
  return [...before.filter((change) => change.step < step), ...(text === undefined ? [] : [{ step, text }])];
}

/**
 * The facts of a run that is about to begin or to go on.
 *
 * @param before the facts of the run that this one goes on with
 */
export function factsOf(
  opened: Opened,
  { dataset, recipe, command: now }: TrainOptions,
  length: Pick<RunFacts, 'steps' | 'stepsPerEpoch' | 'parameters'>,
  before?: RunFacts,
): RunFacts {
  const { programs, compiled, data } = opened;
  const { name, kind, shape, columns } = dataset;
  const command = before?.command ?? now;
  const changes = changesOf(opened, before?.changes);
  return {
    dataset: name,
    kind,
    shape,
    ...(columns && columns.length <= MOST_COLUMNS && { columns }),
    latentKind: programs.objective.latent,
    samples: data.samples,
    ...length,
    engine: compiled.description,
    caveat: caveatOf(recipe, kind),
    ...(command !== undefined && { command }),
    ...(changes.length > 0 && { changes }),
    machine: machineFacts({ ...packageVersions(), ...compiled.versions }),
  };
}

export const writeFacts = (folder: RunFolder, facts: RunFacts): Promise<void> =>
  atomicWrite(folder.facts(), `${JSON.stringify(facts, null, 2)}\n`);

/** What `run.json` holds; undefined where there is none, or none that can be read. */
export async function readFacts(folder: RunFolder): Promise<RunFacts | undefined> {
  try {
    return JSON.parse(await readFile(folder.facts(), 'utf8')) as RunFacts;
  } catch {
    return undefined;
  }
}
