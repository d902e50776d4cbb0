import { readFile } from 'node:fs/promises';
import type { Compiled } from '../../engines/engine.js';
import { atomicWrite } from '../../files/atomic-write.js';
import type { FeederOptions } from '../feeder.js';
import type { RunFolder } from '../folder.js';
import { type Codes, encodePart, type LatentStatistics, statisticsOf } from './codes.js';
import { projectToPlane } from './principal-components.js';

/** Samples that are looked at once an epoch: enough for pictures, and little work. */
const LOOKED_AT = 2000;

export type PartName = 'train' | 'validation' | 'test';

/** Codes of samples as points of a plane. */
export interface Scatter {
  readonly axes: readonly [x: string, y: string];
  readonly points: readonly (readonly [x: number, y: number])[];
  /** The class of each point. */
  readonly labels?: readonly number[];
  readonly classes?: readonly string[];
}

/** `latent.json`: how codes lie, by the weights of one step. */
export interface LatentView {
  readonly step: number;
  readonly epoch: number;
  readonly part: PartName;
  readonly statistics: LatentStatistics;
  /** Absent for a code of one dimension. */
  readonly scatter?: Scatter;
}

/** The part of the data that pictures and codes are of: held back from training where there is such. */
export interface Shown extends FeederOptions {
  readonly part: PartName;
  readonly latent: number;
  readonly classes?: readonly string[];
}

const rounded = (value: number): number => Number(value.toPrecision(5));

/** Seven digits are more than float32 holds, and keep a log of many dimensions short. */
export const roundedList = (values: readonly number[]): number[] =>
  values.map((value) => Number(value.toPrecision(7)));

function project({ mean, latent }: Codes): Pick<Scatter, 'axes' | 'points'> {
  if (latent === 2) return { axes: ['z0', 'z1'], points: pairs(mean) };
  const { points, shares } = projectToPlane(mean, latent);
  const [first, second] = shares.map((share) => `${(100 * share).toFixed(0)} % of the variance`);
  return {
    axes: [`first principal component, ${first}`, `second principal component, ${second}`],
    points: pairs(points),
  };
}

const pairs = (flat: ArrayLike<number>): [number, number][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [rounded(flat[2 * i]), rounded(flat[2 * i + 1])]);

function labelsOf({ split, classes }: Shown, samples: number): Pick<Scatter, 'labels' | 'classes'> {
  if (!split.label || !classes) return {};
  return { labels: Array.from({ length: samples }, (_, i) => split.label!(i)), classes };
}

/** Codes of the samples that are looked at. */
export const lookAtCodes = (compiled: Compiled, shown: Shown): Promise<Codes> =>
  encodePart(compiled, shown, LOOKED_AT);

/** Writes `latent.json`. */
export async function writeLatentView(
  folder: RunFolder,
  shown: Shown,
  codes: Codes,
  at: { step: number; epoch: number },
): Promise<void> {
  const view: LatentView = {
    ...at,
    part: shown.part,
    statistics: statisticsOf(codes),
    ...(codes.latent > 1 && { scatter: { ...project(codes), ...labelsOf(shown, codes.samples) } }),
  };
  await atomicWrite(folder.latentView(), `${JSON.stringify(view)}\n`);
}

/** What `latent.json` holds; undefined where there is none, or none that can be read. */
export async function readLatentView(folder: RunFolder): Promise<LatentView | undefined> {
  try {
    return JSON.parse(await readFile(folder.latentView(), 'utf8')) as LatentView;
  } catch {
    return undefined;
  }
}
