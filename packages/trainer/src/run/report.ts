import type { Manifest } from '@vae/sdk/manifest';
import { atomicWrite } from '../terminal/atomic-write.js';
import type { LatentStatistics } from './evaluate.js';
import type { RunFolder } from './folder.js';
import { readHistory } from './report/history.js';
import { readEpochImage, readImage } from './report/images.js';
import { machineFacts } from './report/machine.js';
import { type Picture, page } from './report/page.js';

export interface ReportContent {
  readonly manifest: Manifest;
  readonly statistics: LatentStatistics;
  /** What the bound is for this likelihood and data, one sentence. */
  readonly caveat: string;
  /** Name of the picture of the latent space. */
  readonly overview: string;
  /** How to repeat the run. */
  readonly command?: string;
}

const OVERVIEWS: Readonly<Record<string, string>> = {
  'manifold.png': 'The latent plane, decoded: both axes from the .05 to the .95 quantile',
  'traversals.png': 'One latent dimension at a time, from -3 to 3 deviations, the most used first',
};

/** Pictures of the run that are there, each with a sentence about it. */
async function readPictures(folder: RunFolder, overview: string): Promise<Picture[]> {
  const newest = await readEpochImage(folder);
  const found = [
    newest && {
      caption: `Data, reconstructions and decoded draws at epoch ${newest.epoch}`,
      image: newest.image,
    },
    { caption: OVERVIEWS[overview] ?? 'The latent space', image: await readImage(folder, overview) },
    { caption: 'The same pictures as training went on', image: await readImage(folder, 'training.gif') },
  ];
  return found.filter((picture): picture is Picture => picture?.image !== undefined);
}

/**
 * Writes the run's `report.html`: one file that needs no network and runs no script.
 *
 * @throws UsageError when the file cannot be written
 * @example await writeReport(folder, { manifest, statistics, caveat, overview: 'manifold.png' });
 */
export async function writeReport(folder: RunFolder, content: ReportContent): Promise<void> {
  const { overview, ...rest } = content;
  const text = page({
    ...rest,
    history: readHistory(await folder.records()),
    pictures: await readPictures(folder, overview),
    machine: machineFacts(content.manifest.training?.versions),
  });
  await atomicWrite(folder.report(), text);
}
