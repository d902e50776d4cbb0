import { basename } from 'node:path';
import { TrainerError } from '../errors.js';
import { counted } from '../text/counted.js';
import type { DataSource, Dataset, OpenOptions } from './dataset.js';
import { heldOut, pick } from './held-out.js';
import { createDecoder } from './images/create-decoder.js';
import { formatFor, imageOptions, preparationOf } from './images/format.js';
import { type ImageSplit, imageSplit } from './images/image-split.js';
import { type ImageList, listImages } from './images/list-images.js';
import { parseArgument } from './spec.js';
import { nameOf } from './spec-options.js';

const USAGE =
  'images:DIR[?size=HxW][&grey][&crop=center|random|none|HxW][&flip][&test=SHARE|COUNT|DIR]; without size that of the first image';

/**
 * The images in a folder and the folders below it. Folders right below it are the classes.
 *
 * An image is turned upright (EXIF), cut and scaled to `size`, and is RGB, or luma with `grey`. While training, `flip` mirrors
 * every other one and `crop=random` moves the window; both depend on (seed, visit, index) alone. Decoded images stay in memory
 * as bytes where a part takes no more than 512 MiB, else in a temporary file where there is room on the disk.
 *
 * @example await images.open('photos?size=64&flip', { seed: 0 })
 */
export const images: DataSource = {
  summary: 'a folder of images; the folders in it are the classes',
  usage: USAGE,
  options: imageOptions,
  async open(argument, options): Promise<Dataset> {
    const { path: folder, options: chosen, query } = parseArgument('images', argument, imageOptions);
    if (folder === undefined) throw new TrainerError('bad-option', `images: name a folder. Usage: ${USAGE}.`);
    const list = await find(folder, options);
    const decoder = await createDecoder();
    // Where only a look is taken, a broken first picture is passed over.
    const rest = options.lenient ? list.files.slice(1) : [];
    const format = await formatFor(list.files[0], chosen, decoder, rest);
    const itemSize = format.plan.channels * format.height * format.width;
    const opened: ImageSplit[] = [];
    const part = (name: string, files: ImageList) => {
      const split = imageSplit(files, { name, format, decoder, seed: options.seed });
      opened.push(split);
      return split;
    };
    const all = part('images/train', list);
    const held = heldOut(chosen.test, list.files.length, options.seed, 'images');
    const parts =
      held.path === undefined
        ? {
            train: held.test ? pick(all, held.train, 'images/train', itemSize) : all,
            test: held.test && pick(all, held.test, 'images/test', itemSize),
          }
        : {
            train: all,
            test: part('images/test', sameClasses(list, await find(held.path, options), held.path)),
          };
    return {
      name: nameOf('images', folder, query),
      kind: 'image',
      shape: [format.plan.channels, format.height, format.width],
      preparation: preparationOf(format, decoder),
      ...(list.classes && { classes: list.classes }),
      train: parts.train,
      ...(parts.test && { test: parts.test }),
      source: `${counted(list.files.length, 'image')} in ${basename(folder)}, decoded by ${decoder.name}`,
      close: async () => {
        for (const split of opened) await split.close();
      },
    };
  },
};

async function find(folder: string, { signal, onNote }: OpenOptions): Promise<ImageList> {
  const list = await listImages(folder, signal);
  if (list.skipped)
    onNote?.(`images: ${counted(list.files.length, 'image')} in ${folder}; passed over: ${list.skipped}.`);
  if (list.unclassed) onNote?.(`images: ${folder}: ${list.unclassed}.`);
  return list;
}

/** Numbers the classes of a test folder as the training folder does. */
function sameClasses(train: ImageList, test: ImageList, folder: string): ImageList {
  if (!train.classes || !test.classes || !test.labels)
    return { ...test, classes: undefined, labels: undefined };
  const numbers = test.classes.map((name) => {
    const number = train.classes!.indexOf(name);
    if (number >= 0) return number;
    throw new TrainerError(
      'bad-data',
      `images: ${folder} has a class "${name}" that the training folder lacks; it has ${train.classes!.slice(0, 20).join(', ')}.`,
    );
  });
  return { ...test, classes: train.classes, labels: test.labels.map((label) => numbers[label]) };
}
