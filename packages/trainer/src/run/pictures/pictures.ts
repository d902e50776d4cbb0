import { readdir, readFile } from 'node:fs/promises';
import { manifold, traverse } from '@vae/sdk/latent';
import { decodePng, encodeGif, encodePng, grid, type Picture, stack, type Tensor } from '@vae/sdk/media';
import { fillNormal } from '@vae/sdk/random';
import type { Compiled } from '../../engines/engine.js';
import { atomicWrite } from '../../files/atomic-write.js';
import { LABEL, oneHot } from '../../model/label.js';
import type { FeederOptions } from '../feeder.js';
import type { RunFolder } from '../folder.js';
import { range } from '../indices.js';
import { encodeSamples, type LatentStatistics, readSamples } from '../latent/codes.js';
import type { EpochPictures } from '../loggers/logger.js';
import { evenly } from '../report/evenly.js';
import { type ClassColumn, classColumns, shortName } from './class-columns.js';
import { drawLines, extent } from './line-drawings.js';

/** Pictures show 4 × 4 images. */
const SIDE = 4;
const COUNT = SIDE * SIDE;
/** Of a conditional model, side by side. */
const MOST_CLASSES = 10;
const MANIFOLD_SIDE = 20;
const TRAVERSED = 10;
const TRAVERSAL_STEPS = 9;

/** Epochs that get a picture: a run of many short ones would draw for longer than it trains. */
const MOST_EPOCHS = 100;

/** Of a film: 192 MiB in colour. */
const MOST_FILM_PIXELS = 2 ** 26;

/** Whether an epoch, counted from 1, gets a picture in a run of so many. */
export const isDrawn = (epoch: number, epochs: number): boolean =>
  epoch % Math.ceil(epochs / MOST_EPOCHS) === 0;

export interface PictureOptions extends FeederOptions {
  readonly compiled: Compiled;
  readonly folder: RunFolder;
  readonly shape: readonly number[];
  readonly latent: number;
  readonly kind: 'gaussian' | 'deterministic';
  /** Names of the classes that a conditional model is told of; left out for other models. */
  readonly conditions?: readonly string[];
}

/** Draws the run's pictures: every time the same samples and the same latent draws, so that epochs compare. */
export class Pictures {
  constructor(private readonly options: PictureOptions) {}

  private get isImage(): boolean {
    const { shape } = this.options;
    return shape.length === 3 && (shape[0] === 1 || shape[0] === 3);
  }

  /** Small images are drawn twice as large, so that captions fit above four of them. */
  private get scale(): number {
    return this.isImage && this.options.shape[2] < 48 ? 2 : 1;
  }

  /** Samples as images: what is none is drawn as a line, on the scale of the first samples shown. */
  private async drawn(samples: Tensor): Promise<Tensor> {
    if (this.isImage) return samples;
    this.range ??= extent(await readSamples(this.options, this.shown()));
    return drawLines(samples, this.range);
  }

  private range: readonly [number, number] | undefined;

  private shown(): number[] {
    return range(0, Math.min(COUNT, this.options.split.size));
  }

  /** @param classOf the class that the row of a code is decoded as; all as the first one when left out */
  private async decode(z: Float32Array, classOf = (_row: number): number => 0): Promise<Tensor> {
    const { latent, shape, conditions, compiled } = this.options;
    // The engine takes the array over, so its length is read first.
    const count = z.length / latent;
    const classes = range(0, count).map(classOf);
    const { x } = await compiled.run('decode', {
      z,
      ...(conditions && { [LABEL]: oneHot(classes, conditions.length) }),
    });
    return { data: x, shape: [count, ...shape] };
  }

  /** ', class 7', where a conditional model decodes all codes as one class. */
  private get ofClass(): string {
    const { conditions } = this.options;
    return conditions ? `, class ${shortName(conditions[0])}` : '';
  }

  /** The picture of an epoch, by the weights as they are. */
  ofEpoch(epoch: number): Promise<EpochPictures> {
    const number = String(epoch).padStart(3, '0');
    return this.epoch(`epoch-${number}`, `epoch ${number}`);
  }

  /** Data, their reconstructions from the mean code, and decoded prior draws, each with its name above. */
  async epoch(name: string, title: string): Promise<EpochPictures> {
    const { shape, folder, split } = this.options;
    const indices = this.shown();
    const data = { data: await readSamples(this.options, indices), shape: [indices.length, ...shape] };
    const { mean } = await encodeSamples(this.options.compiled, this.options, indices);
    const panel = async (images: Tensor, caption: string) =>
      grid(await this.drawn(images), { columns: SIDE, scale: this.scale, caption });
    const panels = [
      await panel(data, `data, ${title}`),
      await panel(await this.decode(mean, (row) => split.label?.(indices[row]) ?? 0), 'reconstructions'),
    ];
    const samples = await this.samples();
    await atomicWrite(folder.picture(`${name}.png`), encodePng(stack([...panels, samples], 'horizontal')));
    return { reconstructions: stack(panels, 'horizontal'), samples };
  }

  /**
   * Codes drawn from the prior, decoded: four by four, or for a conditional model a column for each class, up to ten of
   * them, and in each row the same code.
   */
  async samples(): Promise<Picture> {
    const { conditions, kind } = this.options;
    const title = kind === 'gaussian' ? 'prior samples' : 'random codes';
    const { scale } = this;
    if (!conditions) {
      const images = await this.drawn(await this.decode(this.draws(COUNT)));
      return grid(images, { columns: SIDE, scale, caption: title });
    }
    const columns: ClassColumn[] = [];
    for (const number of evenly(range(0, conditions.length), MOST_CLASSES)) {
      const images = await this.drawn(await this.decode(this.draws(SIDE), () => number));
      columns.push({ name: conditions[number], images });
    }
    return classColumns(columns, { title: `${title} by class, one code in a row`, scale });
  }

  /** Codes from the prior, the same every time. */
  private draws(count: number): Float32Array {
    const { seed, latent } = this.options;
    const codes = new Float32Array(count * latent);
    fillNormal(codes, { seed, stream: 'pictures' });
    return codes;
  }

  /**
   * What was drawn at each epoch, also before the run was resumed, as a film: of so many, evenly chosen, as have no more
   * pixels, for all frames are unpacked at once.
   */
  async film(mostPixels = MOST_FILM_PIXELS): Promise<void> {
    const { folder } = this.options;
    const epochOf = (name: string) => Number.parseInt(name.slice('epoch-'.length), 10);
    const names = (await readdir(folder.picture('.')))
      .filter((name) => /^epoch-\d+\.png$/.test(name))
      .sort((a, b) => epochOf(a) - epochOf(b));
    const last = await readFrame(folder.picture(names.at(-1) ?? '.'));
    if (!last) return;
    const frames: Picture[] = [];
    const count = Math.max(2, Math.floor(mostPixels / (last.width * last.height)));
    for (const name of evenly(names, Math.min(count, MOST_EPOCHS))) {
      const frame = await readFrame(folder.picture(name));
      // Pictures of another size, as an older version may have left them, cannot be in one film.
      if (frame?.width === last.width && frame.height === last.height) frames.push(frame);
    }
    await atomicWrite(folder.picture('training.gif'), encodeGif(frames, { delayMs: 400 }));
  }

  /**
   * The whole latent plane where there are two dimensions, else one row per dimension, those with most KL first; of a
   * conditional model that of the first class.
   */
  async latentSpace(statistics: LatentStatistics): Promise<string> {
    return this.options.latent === 2 ? this.plane(statistics) : this.traversals(statistics);
  }

  private async plane({ mean, std }: LatentStatistics): Promise<string> {
    const gaussian = this.options.kind === 'gaussian';
    // A plain autoencoder's codes follow no prior, so the grid follows where they lie.
    const points = manifold({ rows: MANIFOLD_SIDE }, gaussian ? {} : { mean, std });
    const images = await this.drawn(await this.decode(points.data));
    const where = gaussian ? 'prior quantiles .05 to .95' : 'code quantiles .05 to .95';
    const picture = grid(images, {
      columns: MANIFOLD_SIDE,
      gap: 0,
      caption: `latent manifold${this.ofClass}, ${where}`,
    });
    await atomicWrite(this.options.folder.picture('manifold.png'), encodePng(picture));
    return 'manifold.png';
  }

  private async traversals({ mean, std, kl }: LatentStatistics): Promise<string> {
    const gaussian = this.options.kind === 'gaussian';
    const ranking = gaussian ? kl : std;
    const order = range(0, ranking.length).sort((a, b) => ranking[b] - ranking[a]);
    const rows: Picture[] = [];
    for (const dimension of order.slice(0, TRAVERSED)) {
      const points = traverse(
        { data: Float32Array.from(mean), shape: [mean.length] },
        {
          dimension,
          steps: TRAVERSAL_STEPS,
          ...(gaussian ? {} : { mean, std }),
        },
      );
      const carried = gaussian ? `, KL ${kl[dimension].toFixed(2)} nats` : '';
      const caption = `z${dimension}${this.ofClass}, -3 to 3 deviations${carried}`;
      const images = await this.drawn(await this.decode(points.data));
      rows.push(grid(images, { columns: TRAVERSAL_STEPS, scale: this.scale, caption }));
    }
    await atomicWrite(this.options.folder.picture('traversals.png'), encodePng(stack(rows)));
    return 'traversals.png';
  }
}

/** A picture of an earlier epoch; one that was damaged since is left out of the film. */
async function readFrame(path: string): Promise<Picture | undefined> {
  try {
    return decodePng(await readFile(path));
  } catch {
    return undefined;
  }
}
