import { VaeError } from '../errors.js';
import type { HalfName, ModelFile, OpenModel } from '../model.js';
import { scanModel } from '../onnx/scan.js';
import { parseDiffusersConfig } from './diffusers-config.js';
import { readExternalData } from './external-data.js';
import type { ForeignFile, ForeignFiles } from './files.js';
import { type ForeignGraph, foreignGraph } from './graph.js';
import { areDiffusers, type ForeignGraphs, inferSpec } from './infer.js';
import { assertOperators } from './operators.js';
import { type ForeignOptions, foreignOptions } from './options.js';

/**
 * Opens a model without a manifest: reads its files and finds out how to use them. The bytes are kept until a half is
 * used for the first time.
 *
 * @param files either half or both
 * @throws VaeError "bad-model" for what is no ONNX model, "bad-option" naming the option that settles what cannot be
 * told, "unsupported" for operators, inputs or external data that are not taken, "not-found"; the signal's reason
 * @example const model = await openForeign(await findForeign(folder), { latent: { kind: 'deterministic' } })
 */
export async function openForeign(
  files: ForeignFiles,
  given: ForeignOptions = {},
  signal?: AbortSignal,
): Promise<OpenModel> {
  const options = foreignOptions(given);
  const kept = new Map<HalfName, ModelFile>();
  const open = async (half: HalfName): Promise<ForeignGraph | undefined> => {
    const file = files[half];
    if (!file) return undefined;
    const { graph, model } = await openHalf(file, options, signal);
    kept.set(half, model);
    return graph;
  };
  const [encoder, decoder] = await Promise.all([open('encoder'), open('decoder')]);
  if (!encoder && !decoder) {
    throw new VaeError('bad-option', `${files.name}: neither an encoder nor a decoder was given.`);
  }
  const graphs: ForeignGraphs = { ...(encoder && { encoder }), ...(decoder && { decoder }) };
  const config = files.config?.given || areDiffusers(graphs) ? await readConfig(files, signal) : undefined;
  const spec = inferSpec(graphs, files.name, options, config);
  return {
    spec,
    whereOf: (half) => files[half]?.where ?? `${spec.name} ${half}`,
    async read(half, signal) {
      const file = files[half];
      if (!file) throw new VaeError('unsupported', `${spec.name}: the model has no ${half}.`);
      const model = kept.get(half);
      kept.delete(half);
      return model ?? (await openHalf(file, options, signal)).model;
    },
  };
}

async function openHalf(
  file: ForeignFile,
  { externalData: allowed = false, labels }: ForeignOptions,
  signal?: AbortSignal,
): Promise<{ readonly graph: ForeignGraph; readonly model: ModelFile }> {
  const bytes = await file.read(signal);
  const scan = scanModel(bytes, file.where);
  assertOperators(scan, file.where);
  const graph = foreignGraph(scan, file.where, labels?.input);
  const externalData = await readExternalData(scan, file, allowed, signal);
  return { graph, model: { bytes, ...(externalData.length > 0 && { externalData }) } };
}

async function readConfig({ config }: ForeignFiles, signal?: AbortSignal) {
  if (!config?.given) {
    const found = await config?.find(signal);
    return found && parseDiffusersConfig(found.bytes, found.where);
  }
  const { given } = config;
  const parsed = parseDiffusersConfig(await given.read(signal), given.where);
  if (parsed) return parsed;
  throw new VaeError(
    'bad-option',
    `${given.where}: it has no _class_name, as the config.json of an autoencoder of diffusers has; leave config out, ` +
      'or pass that of the autoencoder.',
  );
}
