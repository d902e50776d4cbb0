import { readFile } from 'node:fs/promises';
import { decodePng } from '@vae/sdk/media';
import { letGo } from '../engines/let-go.js';
import { describeModel } from '../export/manifest.js';
import { writeModelFolder } from '../export/model-folder.js';
import { caveatOf } from './caveat.js';
import { range } from './indices.js';
import { latentStatistics, readSamples } from './latent/codes.js';
import { lookAtCodes, writeLatentView } from './latent/latent-view.js';
import type { Opened } from './open.js';
import { takeAverages } from './take-averages.js';
import type { EpochRecord, TrainOptions } from './types.js';

/** Samples that the exported files are compared on. */
const REFERENCE_SAMPLES = 128;

/**
 * Exports the weights that the engine has, averaged where there are such, and draws their latent space.
 *
 * @param metrics of the epoch whose weights these are
 */
export async function finishRun(run: Opened, options: TrainOptions, metrics: EpochRecord): Promise<void> {
  const { recipe, dataset, engine = 'ort' } = options;
  const { compiled, programs, folder, pictures } = run;
  const state = await compiled.readState();
  const { now: weights } = await takeAverages(run, state);
  letGo(state, weights);
  const part = { ...run.feeding, program: programs.encode, split: run.parts.train };
  const statistics = await latentStatistics(compiled, { ...part, latent: recipe.model.latent });
  const overview = await pictures.latentSpace(statistics);
  // What a conditional model is for is that it draws the class that it is asked for.
  const isConditional = recipe.model.conditional === true;
  const preview = isConditional
    ? await pictures.samples()
    : decodePng(await readFile(folder.picture(overview)));
  await writeModelFolder(folder.model(), {
    manifest: describeModel({ recipe, dataset, programs, weights, statistics, metrics, engine, compiled }),
    programs,
    weights,
    compiled,
    reference: await readSamples(part, range(0, Math.min(REFERENCE_SAMPLES, part.split.size))),
    preview,
    caveat: caveatOf(recipe, dataset.kind),
    exportVia: options.exportVia,
    conversion: { onNote: options.events?.onNote },
  });
  await writeLatentView(folder, run.shown, await lookAtCodes(compiled, run.shown), metrics);
  // Its picture may be of later weights, where a run stopped inside the epoch and went on.
  await pictures.ofEpoch(metrics.epoch);
  await pictures.film();
  // The codes of a single sample cannot differ.
  if (metrics.activeUnits === 0 && run.shown.split.size > 1) {
    const orKl = run.programs.objective.latent === 'gaussian' ? ' or weight of the KL' : '';
    options.events?.onNote?.(
      `No latent dimension is in use: every code gives the same result. Train longer, or with a lower learning rate${orKl}.`,
    );
  }
}
