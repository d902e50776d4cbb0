import { VaeError } from '../errors.js';
import type { LikelihoodSpec, Port } from '../model.js';
import type { ForeignGraph, ForeignOutput } from './graph.js';
import { graphError } from './graph-error.js';
import type { Item } from './items.js';
import { meaningOf } from './names.js';
import type { ForeignOptions } from './options.js';

/** What a decoder gives and where. */
export interface Decoded {
  /** Shape of one item of data, where the graph states it. */
  readonly item: Item | undefined;
  readonly ports: readonly Pick<Port, 'role' | 'output' | 'map' | 'given'>[];
  /** The expected values come out of a tanh. */
  readonly tanh?: boolean;
}

/**
 * Finds out whether a decoder gives logits or the expected value: by the option, else by its outputs' names. A name
 * that says neither stands for the expected value.
 *
 * @throws VaeError "unsupported" listing inputs and outputs where there are several that may be meant
 */
export function decodedOf(graph: ForeignGraph, output: ForeignOptions['output']): Decoded {
  const { outputs } = graph;
  if (outputs.length === 1) {
    const [only] = outputs;
    const isLogits = output ? output === 'logits' : meaningOf(only!.name) === 'logits';
    if (isLogits) return fromLogits(only!);
    return { item: only!.item, ports: [{ role: 'x', output: only!.name }], tanh: only!.tanh };
  }
  const logits = outputs.filter(({ name }) => meaningOf(name) === 'logits');
  const values = outputs.filter(({ name }) => ['mean', 'data'].includes(meaningOf(name) ?? ''));
  const others = outputs.filter((candidate) => !logits.includes(candidate));
  const [x, ...more] = values.length > 0 ? values : others;
  if (!x || more.length > 0 || logits.length > 1) {
    throw graphError('unsupported', graph, {
      what: 'which output is the decoded data cannot be told',
      hint: "Export the decoder with one output, or name them 'x' and 'logits'.",
    });
  }
  if (output === 'logits' && logits.length === 0) return fromLogits(x);
  return {
    item: x.item ?? logits[0]?.item,
    ports: [
      { role: 'x', output: x.name },
      ...logits.map(({ name }) => ({ role: 'logits' as const, output: name })),
    ],
    tanh: x.tanh,
  };
}

function fromLogits({ name, item }: ForeignOutput): Decoded {
  return {
    item,
    ports: [
      { role: 'x', output: name, map: 'sigmoid' },
      { role: 'logits', output: name },
    ],
  };
}

/**
 * What the data were thought to be distributed like: by the option; logits are of a Bernoulli distribution.
 *
 * @throws VaeError "bad-option" for a Bernoulli distribution without logits
 */
export function likelihoodFor(
  ports: Decoded['ports'],
  { likelihood }: ForeignOptions,
  where: string,
): LikelihoodSpec {
  const hasLogits = ports.some(({ role }) => role === 'logits');
  if (likelihood?.kind === 'gaussian') {
    return { kind: 'gaussian', output: 'x', variance: likelihood.variance };
  }
  if (likelihood?.kind === 'bernoulli' && ports.length > 0 && !hasLogits) {
    throw new VaeError(
      'bad-option',
      `${where}: likelihood 'bernoulli' needs logits, and the decoder gives the expected value. Export it without ` +
        "its last sigmoid; if it has none, pass output: 'logits'.",
    );
  }
  return hasLogits || likelihood ? { kind: 'bernoulli', output: 'logits' } : { kind: 'none' };
}
