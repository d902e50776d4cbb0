import { VaeError } from '../errors.js';
import type { DataSpec, GraphSpec, LatentSpec, ModelSpec, Port } from '../model.js';
import { show } from '../tensor.js';
import { type Decoded, decodedOf, likelihoodFor } from './decoder.js';
import {
  diffusersEncoded,
  isDiffusersDecoder,
  isDiffusersEncoder,
  pixelRange,
  withSoftplus,
} from './diffusers.js';
import type { DiffusersConfig } from './diffusers-config.js';
import { type Encoded, encodedOf } from './encoder.js';
import type { ForeignGraph } from './graph.js';
import { graphError } from './graph-error.js';
import { agree, type Item, otherAxes, rowOf, together } from './items.js';
import { labelsOfGraphs } from './label.js';
import { dataLayout } from './layout.js';
import { meaningOf } from './names.js';
import type { ForeignOptions } from './options.js';

/** The graphs of a model, at least one. */
export interface ForeignGraphs {
  readonly encoder?: ForeignGraph;
  readonly decoder?: ForeignGraph;
}

/** True where the graphs' names are those of diffusers. */
export function areDiffusers({ encoder, decoder }: ForeignGraphs): boolean {
  return (!encoder || isDiffusersEncoder(encoder)) && (!decoder || isDiffusersDecoder(decoder));
}

/**
 * How to use somebody else's graphs, out of what they say of themselves and the caller's options.
 *
 * @param config of diffusers, where the graphs follow that convention or the caller gave it
 * @throws VaeError "bad-option" listing a graph's inputs and outputs and naming the option that settles what cannot be
 * told; "unsupported" for what no option settles
 */
export function inferSpec(
  graphs: ForeignGraphs,
  name: string,
  options: ForeignOptions,
  config?: DiffusersConfig,
): ModelSpec {
  const { encoder, decoder } = graphs;
  assertNotSwapped(graphs, options);
  const decoded = decoder && arranged(decodedOf(decoder, options.output), encoder);
  const data = dataOf(graphs, decoded, options, config);
  const { encoded, latent } = latentOf(graphs, data.layout, options, config);
  const factor = options.latent?.factor ?? config?.factor;
  const labels = labelsOfGraphs(
    [encoder, decoder].flatMap((graph) => graph ?? []),
    options.labels,
  );
  return {
    name: options.name ?? name,
    data,
    latent,
    likelihood: likelihoodFor(decoded?.ports ?? [], options, decoder?.where ?? name),
    ...(labels && { labels }),
    ...(encoder && encoded && { encoder: graphSpec(encoder, data.shape, encoded.ports, latent.shape) }),
    ...(decoder && decoded && { decoder: graphSpec(decoder, latent.shape, decoded.ports, data.shape) }),
    ...(factor !== undefined && { factor }),
    ...(config?.scaling && { diffusion: config.scaling }),
  };
}

/** Data of other axes at one end only, as in many a tutorial, have the encoder's shape; the numbers are the same. */
function arranged(decoded: Decoded, encoder: ForeignGraph | undefined): Decoded {
  const both = encoder && decoded.item && otherAxes(encoder.input.item, decoded.item);
  return both ? { ...decoded, item: both[0], ports: givenAs(both[1], decoded.ports) } : decoded;
}

/** Latents of other axes than the decoder takes, as [8] for [8, 1, 1], get the decoder's. */
function arrangedLatents(encoded: Encoded, latent: Item | undefined): Encoded {
  const both = latent && encoded.item && otherAxes(latent, encoded.item);
  return both ? { ...encoded, item: both[0], ports: givenAs(both[1], encoded.ports) } : encoded;
}

const givenAs = <P extends object>(given: Item, ports: readonly P[]) =>
  ports.map((port) => ({ ...port, given }));

const ofPosterior: readonly unknown[] = ['mean', 'logvar', 'std', 'moments'];

/**
 * Shapes fit either way, so names tell, unless the numbers become more as in a decoder, or the caller names an output of
 * the encoder.
 */
function assertNotSwapped({ encoder, decoder }: ForeignGraphs, { latent }: ForeignOptions): void {
  if (!encoder || !decoder || encoder.outputs.some(({ name }) => name === latent?.mean)) return;
  const posterior = ({ outputs }: ForeignGraph) =>
    outputs.find(({ name }) => ofPosterior.includes(meaningOf(name)));
  const given = posterior(decoder);
  const [taken, made] = [decoder.input.item, given?.item].map((item) => item && rowOf(item)?.[0]);
  const grows = taken !== undefined && made !== undefined && taken < made;
  const named = given && !grows && !posterior(encoder);
  if (!named && !(isDiffusersEncoder(decoder) && isDiffusersDecoder(encoder))) return;
  throw graphError('bad-option', decoder, {
    what: `it gives '${(given ?? decoder.outputs[0]!).name}', as encoders do, and ${encoder.where} does not`,
    hint: "Are the two files swapped? Pass them the other way round; if not, name the encoder's outputs in latent: { mean, logvar }.",
  });
}

function dataOf(
  graphs: ForeignGraphs,
  decoded: Decoded | undefined,
  options: ForeignOptions,
  config: DiffusersConfig | undefined,
): DataSpec {
  const { encoder, decoder } = graphs;
  const shape = shared(graphs, 'data', [
    { source: 'the encoder takes', item: encoder?.input.item },
    { source: 'the decoder gives', item: decoded?.item },
  ]);
  if (!shape) {
    throw graphError('unsupported', decoder!, {
      what: 'the shape of what it gives is not stated',
      hint: 'Load it together with its encoder.',
    });
  }
  const diffusers = config !== undefined || areDiffusers(graphs);
  const layout = options.layout ?? (diffusers && shape.length === 3 ? 'nchw' : undefined);
  const range = options.range ?? (diffusers || decoded?.tanh ? pixelRange : undefined);
  return { ...dataLayout(shape, layout, graphs), shape, ...(range && { range }) };
}

function latentOf(
  graphs: ForeignGraphs,
  layout: DataSpec['layout'],
  { latent: options = {} }: ForeignOptions,
  config: DiffusersConfig | undefined,
): { readonly encoded: Encoded | undefined; readonly latent: LatentSpec } {
  const { encoder, decoder } = graphs;
  const wanted = [
    { source: 'the option latent.shape is', item: options.shape },
    { source: 'the decoder takes', item: decoder?.input.item },
  ];
  const latent = shared(graphs, 'latents', wanted);
  const { kind, mean, spread } = options;
  const named = areDiffusers(graphs) && [kind, mean, spread].every((option) => option === undefined);
  const found =
    encoder && (named ? diffusersEncoded(encoder) : encodedOf(encoder, { layout, latent, options }));
  const read = found && config?.softplus && spread === undefined ? withSoftplus(found) : found;
  const encoded = read && arrangedLatents(read, latent);
  const shape = shared(graphs, 'latents', [...wanted, { source: 'the encoder gives', item: encoded?.item }]);
  if (!shape) {
    throw graphError('bad-option', encoder!, {
      what: 'the shape of a latent is not stated',
      hint: 'Pass latent: { shape }; -1 is any size.',
    });
  }
  const guess = config?.deterministic ? 'deterministic' : 'gaussian';
  return { encoded, latent: { kind: encoded?.kind ?? options.kind ?? guess, shape } };
}

interface Statement {
  readonly source: string;
  readonly item: Item | undefined;
}

/** One shape out of what several say of it. */
function shared(
  { encoder, decoder }: ForeignGraphs,
  what: string,
  statements: readonly Statement[],
): Item | undefined {
  let shape: Item | undefined;
  for (const { item } of statements) {
    if (shape && item && !agree(shape, item)) {
      const said = statements.flatMap(({ source, item }) => (item ? [`${source} ${show(item)}`] : []));
      throw new VaeError(
        'unsupported',
        `${(encoder ?? decoder)!.where}: the shapes of ${what} differ: ${said.join(', ')} per item, -1 being any ` +
          'size. Load two halves that belong together, or one alone.',
      );
    }
    shape = together(shape, item);
  }
  return shape;
}

function graphSpec(
  { input, label, outputs }: ForeignGraph,
  item: Item,
  ports: readonly Omit<Port, 'item'>[],
  given: Item,
): GraphSpec {
  const used = outputs.filter(({ name }) => ports.some(({ output }) => output === name));
  const batch = [input, ...(label ? [label] : []), ...used]
    .map(({ batch }) => batch)
    .find((size) => size !== undefined);
  return {
    input: { name: input.name, item },
    outputs: ports.map((port) => ({ ...port, item: given })),
    ...(batch !== undefined && { batch }),
    ...(label && { label: label.name }),
  };
}
