import type { Runtime } from '@vae/sdk/runtime';
import type { Split } from '../data/dataset.js';
import type { Compiled, State } from '../engines/engine.js';
import { requirePrecision } from '../engines/precision.js';
import { TrainerError } from '../errors.js';
import { exportHalves, type Halves } from '../export/halves.js';
import { sampleSize } from '../graph/shape.js';
import { labelWidth } from '../model/label.js';
import { buildPrograms, initialState, type Programs } from '../programs.js';
import { effectiveBatch, type Recipe } from '../recipe/recipe.js';
import { asOneBatch, compileAccumulating } from '../run/accumulate.js';
import { makeFeeds } from '../run/feeder.js';
import { PageEngine } from './page-engine.js';

export interface PageTrainingOptions {
  readonly recipe: Recipe;
  /** Extents of one sample, such as [1, 28, 28]. */
  readonly dataShape: readonly number[];
  /** How many classes there are, for a conditional recipe: `step` takes the class of each sample then. */
  readonly classes?: number;
  /** From `loadRuntime` of `@vae/sdk/runtime`; its device trains. */
  readonly runtime: Runtime;
}

/**
 * Training inside a web page, or wherever there is no file system: the caller brings the samples, the state stays
 * on the runtime's device.
 *
 * @example
 * const runtime = await loadRuntime({ device: 'webgpu' });
 * const training = await PageTraining.open({ recipe: parseRecipe(json, 'mine'), dataShape: [1, 28, 28], runtime });
 * for (let i = 0; i < 100; i++) console.log((await training.step(nextImages())).loss);
 * const { encoder, decoder } = await training.exportHalves(); // two ONNX files for VAE.load
 */
export class PageTraining {
  private stepsDone = 0;
  private seen = 0;

  private constructor(
    private readonly options: PageTrainingOptions,
    private readonly programs: Programs,
    private readonly compiled: Compiled,
    private readonly engine: PageEngine,
  ) {}

  /**
   * @throws TrainerError "bad-shape" when the networks do not fit the data, "bad-data" for a conditional recipe without
   *   `classes`, "engine-failed" when the runtime refuses them
   */
  static async open(options: PageTrainingOptions): Promise<PageTraining> {
    const { recipe, dataShape, classes, runtime } = options;
    const programs = buildPrograms(asOneBatch(recipe), dataShape, classes);
    requirePrecision({ train: programs.train }, { engine: 'ort', device: runtime.device });
    const state = initialState(programs, recipe.seed);
    const engine = new PageEngine(runtime);
    const compiled = await compileAccumulating(engine, { train: programs.train }, state, recipe, {});
    return new PageTraining(options, programs, compiled, engine);
  }

  /** Updates done. */
  get steps(): number {
    return this.stepsDone;
  }

  /**
   * Bytes that came back from the device so far: loss and terms, the state when it was asked for, and where the recipe
   * accumulates, the gradients of each batch.
   */
  get bytesRead(): number {
    return this.engine.resident!.bytesRead;
  }

  /**
   * One update. With `recipe.accumulate` its batches are computed one after another, in the memory of one.
   *
   * @param samples up to `recipe.batch` times `recipe.accumulate` of them, values in 0..1, row-major; the array is not
   *   changed
   * @param labels the class of each sample, a whole number from 0, where the recipe is conditional
   * @returns loss and every term in nats per sample, averaged over the samples
   * @throws TrainerError "bad-option" when the numbers are not whole samples, or too many, or labels are not one class for
   *   each
   */
  async step(samples: Float32Array, labels?: ArrayLike<number>): Promise<Record<string, number>> {
    const { recipe, dataShape } = this.options;
    const itemSize = sampleSize(dataShape);
    const count = samples.length / itemSize;
    const most = effectiveBatch(recipe);
    if (!Number.isInteger(count) || count < 1 || count > most)
      throw new TrainerError(
        'bad-option',
        `step: ${samples.length} numbers are ${count} samples of ${itemSize}; give whole ones, 1 to ${most} (the recipe's batch${recipe.accumulate ? ' times accumulate' : ''}).`,
      );
    this.requireLabels(labels, count);
    const first = this.seen;
    const split: Split = {
      size: count,
      read: (indices, out) =>
        Array.from(indices).forEach((index, row) => {
          const from = (index - first) * itemSize;
          out.set(samples.subarray(from, from + itemSize), row * itemSize);
        }),
      ...(labels && { label: (index: number) => labels[index - first] }),
    };
    const { binarize } = recipe.data;
    const feeder = { program: this.programs.train, split, itemSize, binarize, seed: recipe.seed };
    const position = {
      step: this.stepsDone,
      visit: this.stepsDone,
      indices: Array.from({ length: count }, (_, i) => first + i),
    };
    const results = await this.compiled.run('train', await makeFeeds(feeder, position, most));
    this.stepsDone++;
    this.seen += count;
    return Object.fromEntries(Object.entries(results).map(([name, [value]]) => [name, value]));
  }

  private requireLabels(labels: ArrayLike<number> | undefined, count: number): void {
    const classes = labelWidth(this.programs.train.graph);
    const isClass = (label: number) => Number.isInteger(label) && label >= 0 && label < classes;
    const fits = labels?.length === count && Array.from(labels).every(isClass);
    if (classes === 0 ? labels === undefined : fits) return;
    throw new TrainerError(
      'bad-option',
      classes === 0
        ? 'step: labels came, and the recipe is not conditional. Leave them out.'
        : `step: the recipe is conditional; give labels, ${count} whole numbers from 0 to ${classes - 1}, one for each sample.`,
    );
  }

  /** A copy of weights and moments by name. */
  readState(): Promise<State> {
    return this.compiled.readState();
  }

  /** Encoder and decoder with their weights as they are now, each one ONNX file. */
  async exportHalves(): Promise<Halves> {
    return exportHalves(this.programs, await this.compiled.readState());
  }

  /** Ends the sessions; the runtime stays. */
  dispose(): Promise<void> {
    return this.compiled.dispose();
  }
}
