import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { MANIFEST_FILE, type Manifest, parseManifest } from '@vae/sdk/manifest';
import type { State } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import { readPlainFile } from '../files/read-plain-file.js';
import { LABEL, labelWidth } from '../model/label.js';
import { readWeights } from '../onnx/read-weights.js';
import { readOnnx } from '../onnx/reader.js';
import { buildPrograms, type Programs } from '../programs.js';
import { parseRecipe } from '../recipe/recipe.js';
import { fileOf, graphOf, type HalfName, type Halves, halfNames, weightShapes } from './halves.js';

const MAX_MANIFEST_BYTES = 2 ** 20;
const MAX_MODEL_BYTES = 2 ** 31 - 1;

/** A model that was exported once, as the trainer had it. */
export interface Rebuilt {
  readonly manifest: Manifest;
  readonly programs: Programs;
  readonly weights: State;
  /** Its files as they are. */
  readonly files: Halves;
}

async function readHalf(folder: string, manifest: Manifest, half: HalfName): Promise<Uint8Array> {
  const entry = manifest.files[half];
  if (!entry)
    throw new TrainerError('bad-file', `${folder}: the model has no ${half}; exporting needs both halves.`);
  const path = join(folder, entry.path);
  const bytes = await readPlainFile(path, { maxBytes: MAX_MODEL_BYTES });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== entry.bytes || sha256 !== entry.sha256)
    throw new TrainerError(
      'bad-file',
      `${path}: size or SHA-256 is not what ${MANIFEST_FILE} says; the file was changed or is damaged.`,
    );
  return bytes;
}

/** Conditional models were once made with encoders that are not told the class, which the recipe makes no more. */
function requireToldEncoder(folder: string, { encode }: Programs, encoder: Uint8Array): void {
  if (labelWidth(encode.graph) === 0) return;
  const where = join(folder, fileOf('encoder'));
  if (readOnnx(encoder, where).inputs.some(({ name }) => name === LABEL)) return;
  throw new TrainerError(
    'bad-file',
    `${where}: it takes no label, as the encoders of conditional models that earlier versions of @vae/trainer made. As it is the ` +
      'SDK runs it; to export it again, train its recipe anew or take that version.',
  );
}

/**
 * Rebuilds the graphs of a model from the recipe in its manifest, and takes the weights from its files.
 *
 * @param folder a model folder of the trainer's own writer
 * @throws TrainerError "bad-recipe" when the manifest has none, "bad-file" when a file is missing, damaged, or holds
 *   other weights than the recipe makes, as an older conditional model's encoder; VaeError "bad-manifest"
 * @example const { programs, weights } = await rebuildModel('models/mnist-conv')
 */
export async function rebuildModel(folder: string): Promise<Rebuilt> {
  const where = join(folder, MANIFEST_FILE);
  const text = await readPlainFile(where, { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = parseManifest(text.toString('utf8'), where);
  const recipe = manifest.training?.recipe;
  if (!recipe)
    throw new TrainerError(
      'bad-recipe',
      `${where}: there is no training.recipe to rebuild the model from. Only models that vae-train made can be exported again.`,
    );
  const { data, labels } = manifest;
  const parsed = parseRecipe(recipe, `${where}, training.recipe`);
  const programs = buildPrograms(parsed, data.shape, labels?.classes?.length);
  const [encoder, decoder] = await Promise.all(halfNames.map((half) => readHalf(folder, manifest, half)));
  const files = { encoder, decoder };
  requireToldEncoder(folder, programs, encoder);
  const weights = halfNames.map((half) =>
    readWeights(files[half], weightShapes(graphOf(programs, half)), join(folder, manifest.files[half]!.path)),
  );
  return { manifest, programs, weights: Object.assign({}, ...weights), files };
}
