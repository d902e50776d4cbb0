import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE } from '@vae/sdk/manifest';
import { atomicWrite } from '../../files/atomic-write.js';
import { readFacts } from '../facts.js';
import type { RunFolder } from '../folder.js';
import { readLatentView } from '../latent/latent-view.js';
import { formatCount } from './format.js';
import { readHistory } from './history.js';
import { readEpochImage, readImage } from './images.js';
import { type Picture, page, type RecipeText } from './page.js';

/** Pictures of the latent space by their file, each with a sentence about it. */
const OVERVIEWS: Readonly<Record<string, string>> = {
  'manifold.png': 'The latent plane, decoded: both axes from the .05 to the .95 quantile',
  'traversals.png': 'One latent dimension at a time, from -3 to 3 deviations, the most used first',
};

/** Whose weights the pictures show. */
interface Weights {
  /** Of the run that is over, or of the last epoch while it is not. */
  readonly epoch?: number;
  /** The model in the folder has them. */
  readonly exported: boolean;
  /** Updates of the model that the folder holds, from this start of the run or an earlier one. */
  readonly modelSteps?: number;
}

/** Pictures of the run that are there, each with a sentence about it and the weights that it shows. */
async function readPictures(
  folder: RunFolder,
  weights: Weights,
  { conditional }: { readonly conditional: boolean },
): Promise<Picture[]> {
  const samples = await readEpochImage(folder, weights.epoch);
  const found: { caption: string; image: Picture['image'] | undefined }[] = [];
  if (samples) {
    const whose = weights.exported && samples.epoch === weights.epoch ? ', the exported one' : '';
    const draws = conditional ? 'draws decoded as each class' : 'decoded draws';
    const caption = `Data, reconstructions and ${draws} at epoch ${samples.epoch}${whose}`;
    found.push({ caption, image: samples.image });
  }
  // The overviews are drawn with the model, and stay while a run goes on.
  const after = weights.modelSteps === undefined ? '' : ` after step ${formatCount(weights.modelSteps)}`;
  for (const [name, caption] of Object.entries(OVERVIEWS))
    found.push({
      caption: `${caption}${conditional ? '; decoded as the first class' : ''}; of the exported model${after}`,
      image: await readImage(folder, name),
    });
  found.push({
    caption: 'The same pictures as training went on',
    image: await readImage(folder, 'training.gif'),
  });
  return found.filter((picture): picture is Picture => picture.image !== undefined);
}

/** A JSON file as an object; undefined where it is missing or being written. */
async function readObject(path: string): Promise<RecipeText | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as RecipeText) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The report of a run as it stands now, from what its folder holds: also of one that is under way or was killed.
 *
 * @param options.refreshSeconds lets the page load itself again so often, while the run is under way
 * @returns one HTML page that needs no network and runs no script
 * @throws TrainerError "bad-file" for a log that is none
 * @example const html = await renderReport(new RunFolder('runs/first'));
 */
export async function renderReport(
  folder: RunFolder,
  { refreshSeconds }: { refreshSeconds?: number } = {},
): Promise<string> {
  const facts = await readFacts(folder);
  const model = await readObject(join(folder.model(), MANIFEST_FILE));
  const exported = model !== undefined && facts?.ended !== undefined && facts.ended !== 'signal';
  const latent = await readLatentView(folder);
  const { steps: modelSteps } = (model?.training ?? {}) as { steps?: number };
  const recipe = (await readObject(folder.recipe())) ?? {};
  const { conditional = false } = (recipe.model ?? {}) as { conditional?: boolean };
  return page({
    facts,
    recipe,
    exported,
    history: readHistory(await folder.records()),
    latent,
    pictures: await readPictures(folder, { epoch: latent?.epoch, exported, modelSteps }, { conditional }),
    refreshSeconds: facts?.ended === undefined ? refreshSeconds : undefined,
  });
}

/**
 * Writes the run's `report.html`: one file that needs no network and runs no script.
 *
 * @throws TrainerError "bad-file" when the file cannot be written
 * @example await writeReport(new RunFolder('runs/first'));
 */
export async function writeReport(folder: RunFolder): Promise<void> {
  await atomicWrite(folder.report(), await renderReport(folder));
}
