import { normal, uniform } from '@vae/sdk/random';
import type { State } from '../engines/engine.js';
import { evaluate } from '../engines/reference/index.js';
import { resolveShape, sizeOf } from '../graph/shape.js';
import { nextName } from '../optimizers/update.js';
import { buildPrograms, initialState, type Programs } from '../programs.js';
import type { Recipe } from '../recipe/recipe.js';

type Numbers = ArrayLike<number>;

/** What one run of a program is fed beside the state; noise and scalars that are left out are made up. */
export interface Given {
  readonly x: Numbers;
  readonly weight?: Numbers;
  /** Where the recipe is conditional, [N, classes]. */
  readonly label?: Numbers;
  readonly noise?: Readonly<Record<string, Numbers>>;
  readonly step?: number;
}

/** A recipe's objective at given weights, in float64. */
export class ObjectiveAt {
  readonly programs: Programs;
  readonly state: State;

  constructor(
    recipe: Recipe,
    private readonly dataShape: readonly number[],
    weights: State = {},
    classes = 0,
  ) {
    // A rate of 1 makes the gradient what a step takes off.
    this.programs = buildPrograms(
      { ...recipe, optimizer: { type: 'sgd', learningRate: 1, momentum: 0 } },
      dataShape,
      classes,
    );
    this.state = { ...initialState(this.programs, recipe.seed), ...weights };
  }

  private batchOf({ x }: Given): number {
    return x.length / sizeOf(this.dataShape);
  }

  /** Standard normal draws or masks for every noise input of the training step. */
  drawNoise(batch: number, seed = 11): Record<string, number[]> {
    const draws = [...this.programs.train.noises].map(([name, { value, source }]) => {
      const count = sizeOf(resolveShape(value.shape, batch));
      const key = { seed, stream: name };
      if (source.kind === 'normal') return [name, [...normal(key, count)]];
      return [name, Array.from(uniform(key, count), (u) => (u < source.keep ? 1 / source.keep : 0))];
    });
    return Object.fromEntries(draws);
  }

  private run(which: 'train' | 'evaluate', given: Given) {
    const program = this.programs[which];
    const batch = this.batchOf(given);
    const scalars = [...program.scalars].map(([name, { schedule }]) => [name, [schedule(given.step ?? 0)]]);
    const state = Object.entries(this.state).map(([name, { data }]) => [name, data]);
    const feeds = {
      ...Object.fromEntries([...state, ...scalars]),
      ...this.drawNoise(batch),
      ...given.noise,
      x: given.x,
      weight: given.weight ?? new Array(batch).fill(1 / batch),
      ...(given.label && { label: given.label }),
    };
    return evaluate(program.graph, feeds, batch);
  }

  /** Every term, averaged by weight, and the gradient of the loss for each parameter. */
  step(given: Given): { terms: Record<string, number>; gradient: Record<string, number[]> } {
    const results = this.run('train', given);
    const terms: Record<string, number> = {};
    const gradient: Record<string, number[]> = {};
    for (const [name, { data }] of Object.entries(this.state))
      gradient[name] = Array.from(results[nextName(name)].data, (next, i) => data[i] - next);
    for (const [name, { data }] of Object.entries(results))
      if (!name.endsWith('.next')) terms[name] = data[0];
    return { terms, gradient };
  }

  /** Every term for each sample, without dropout. */
  samples(given: Given): Record<string, number[]> {
    return Object.fromEntries(
      Object.entries(this.run('evaluate', given)).map(([name, { data }]) => [name, [...data]]),
    );
  }
}
