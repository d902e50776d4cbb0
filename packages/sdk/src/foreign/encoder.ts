import type { DataSpec, LatentSpec, Port } from '../model.js';
import { show } from '../tensor.js';
import type { ForeignGraph, ForeignOutput } from './graph.js';
import { graphError } from './graph-error.js';
import { agree, channelAxes, halved, type Item, isTwice, otherAxes, together } from './items.js';
import { type Meaning, meaningOf } from './names.js';
import type { ForeignLatent } from './options.js';
import { readings, type Spread, spreads } from './spread.js';

/** What an encoder gives and where. */
export interface Encoded {
  readonly kind: LatentSpec['kind'];
  /** Shape of one latent, where the graph or the caller says so. */
  readonly item: Item | undefined;
  readonly ports: readonly Pick<Port, 'role' | 'output' | 'given' | 'part' | 'map' | 'outside' | 'clamp'>[];
}

export interface EncoderFacts {
  readonly layout: DataSpec['layout'];
  /** Shape of one latent as the decoder or the caller has it. */
  readonly latent: Item | undefined;
  readonly options: ForeignLatent;
}

/**
 * Finds out what an encoder's outputs are: by the caller's options, by their names, by random numbers that are drawn on
 * the way to them, and by their sizes beside the decoder's input.
 *
 * @throws VaeError "bad-option" listing inputs and outputs where that is not enough
 */
export function encodedOf(graph: ForeignGraph, facts: EncoderFacts): Encoded {
  const encoded = found(graph, facts);
  const { spread } = facts.options;
  if (spread === undefined) return encoded;
  if (encoded.kind === 'gaussian') return { ...encoded, ports: encoded.ports.map(holding(spread)) };
  throw graphError('bad-option', graph, {
    what: `latent.spread is '${spread}', but the latents are a ${encoded.kind} code without a spread`,
    hint: 'Leave it out, or name two outputs in latent: { mean, logvar }.',
  });
}

const holding = (spread: Spread) => (port: Encoded['ports'][number]) =>
  port.role === 'logvar' ? { ...port, ...readings[spread] } : port;

function found(graph: ForeignGraph, facts: EncoderFacts): Encoded {
  const { options } = facts;
  if (options.mean !== undefined) return chosen(graph, facts);
  if (options.kind === 'sampled') return code('sampled', oneOf(graph.outputs, isDraw) ?? unclear(graph));
  // A value that depends on a draw is no mean and no variance, whatever its name.
  const steady = graph.outputs.filter(({ random }) => !random);
  if (steady.length === 0) return code('sampled', oneOf(graph.outputs, is('code')) ?? unclear(graph));
  const values = candidates(steady);
  const pair = pythaePair(steady) ?? pairOf(values);
  if (pair) {
    const [mean, spread] = pair;
    return options.kind === 'deterministic' ? code('deterministic', mean) : gaussian(graph, mean, spread);
  }
  const [only, ...more] = values;
  if (!only || more.length > 0 || !standsAlone(only, steady)) return unclear(graph);
  if (options.kind !== 'deterministic' && !is('moments')(only)) assertNoSpread(graph, only);
  return single(graph, only, facts);
}

type Pair = readonly [mean: ForeignOutput, spread: ForeignOutput];

/** pythae calls the means an embedding, which beside a log-variance of any other name may be a draw. */
function pythaePair(outputs: readonly ForeignOutput[]): Pair | undefined {
  const [mean, spread] = ['embedding', 'log_covariance'].map((name) =>
    outputs.find((output) => output.name === name),
  );
  return mean && spread && [mean, spread];
}

const allSpreads = spreads.map((spread) => `'${spread}'`).join(', ');
const isSpread = (meaning: Meaning | undefined) => spreads.includes(meaning as Spread);
const is = (meaning: Meaning) => (output: ForeignOutput) => meaningOf(output.name) === meaning;
const isDraw = (output: ForeignOutput) => output.random || is('code')(output);

/** Outputs that may be a mean or a variance: no codes where there is anything else, nothing of another shape. */
function candidates(outputs: readonly ForeignOutput[]): readonly ForeignOutput[] {
  const others = outputs.filter((output) => !is('code')(output));
  const values = others.length > 0 ? others : outputs;
  const means = values.filter(is('mean'));
  if (means.length !== 1) return values;
  const shape = means[0]!.item;
  return values.filter(({ item }) => !shape || !item || agree(shape, item));
}

/** False for a variance without its mean, and for a value of unknown meaning beside codes that were passed over. */
function standsAlone({ name }: ForeignOutput, all: readonly ForeignOutput[]): boolean {
  const meaning = meaningOf(name);
  if (all.length === 1) return !isSpread(meaning);
  return meaning === 'mean' || meaning === 'moments';
}

/** A variance of another shape, one for all dimensions or for all items, would be dropped, and nothing would tell. */
function assertNoSpread(graph: ForeignGraph, { name }: ForeignOutput): void {
  const spread = graph.scan.outputs.find((output) => isSpread(meaningOf(output.name)));
  if (!spread) return;
  throw graphError('bad-option', graph, {
    what: `'${spread.name}' has not one value for each of '${name}'`,
    hint: `Pass latent: { mean: '${name}', kind: 'deterministic' } for codes without a spread, or export both in one shape.`,
  });
}

/** A mean and what goes with it: by their names, else in the order that everybody uses. */
function pairOf(values: readonly ForeignOutput[]): Pair | undefined {
  const mean = exactlyOne(values, is('mean'));
  const spread = exactlyOne(values, is('logvar')) ?? exactlyOne(values, is('std'));
  if (mean && spread) return [mean, spread];
  const [first, second] = values;
  return values.length === 2 && inOrder(first!, second!) ? [first!, second!] : undefined;
}

/**
 * Two outputs of one shape, of which neither the names nor the operators speak against a mean and a log-variance. A
 * deviation and a variance come out of operators that leave no negative numbers.
 */
function inOrder(first: ForeignOutput, second: ForeignOutput): boolean {
  if (!first.item || !second.item || !agree(first.item, second.item)) return false;
  if (meaningOf(first.name) !== undefined || !second.eitherSign) return false;
  if (likeSpread.test(first.name) || likeLog.test(first.name) || likeMean.test(second.name)) return false;
  if (countsDown(first.name, second.name)) return false;
  return is('logvar')(second) || (!meaningOf(second.name) && !likeSpread.test(second.name));
}

const likeSpread = /sig|std|var|dev|prec|scale|tau|(?<![a-z])sd(?![a-z])/i;
const likeLog = /log|(?<![a-z])lv(?![a-z])/i;
const likeMean = /mean|avg|(mu|loc)(?![a-z])/i;

/** Frameworks number layers as they are made, means first: 'dense_2' before 'dense_1' is another order. */
function countsDown(first: string, second: string): boolean {
  const [before, after] = [first, second].map((name) => name.replace(/:\d+$/, ''));
  const stem = (name: string) => name.replace(/[_\d]/g, '');
  const numbers = (name: string) => (name.match(/\d+/g) ?? []).map(Number);
  const [from, to] = [numbers(before!), numbers(after!)];
  const at = from.findIndex((number, i) => number !== to[i]);
  return stem(before!) === stem(after!) && at >= 0 && from[at]! > (to[at] ?? 0);
}

/** The outputs that the caller named. */
function chosen(graph: ForeignGraph, facts: EncoderFacts): Encoded {
  const { mean, logvar, kind, spread } = facts.options;
  const first = named(graph, 'latent.mean', mean!);
  if (kind === 'sampled') return code('sampled', first);
  if (logvar === undefined) return single(graph, first, facts);
  if (logvar === mean) return moments(graph, first, facts);
  const second = named(graph, 'latent.logvar', logvar);
  if (spread === undefined) assertLogvar(graph, second);
  return gaussian(graph, first, second);
}

/** A standard deviation that is taken for a log-variance gives wrong numbers, and nothing would tell. */
function assertLogvar(graph: ForeignGraph, { name }: ForeignOutput): void {
  const meaning = meaningOf(name);
  if (!isSpread(meaning) || meaning === 'logvar') return;
  throw graphError('bad-option', graph, {
    what: `latent.logvar is '${name}', which by its name holds no log-variances`,
    hint: `Pass latent: { spread: '${meaning}' }, or what else it holds: ${allSpreads}.`,
  });
}

function named(graph: ForeignGraph, option: string, name: string): ForeignOutput {
  const output = graph.outputs.find((candidate) => candidate.name === name);
  if (output) return output;
  throw graphError('bad-option', graph, {
    what: `${option} is '${name}', which is no float32 or float16 output of the encoder with a batch axis first`,
    hint: 'Name one of the outputs.',
  });
}

/** A latent without a distribution; a draw comes where a mean would. */
export function code(kind: 'deterministic' | 'sampled', { name, item }: ForeignOutput): Encoded {
  return { kind, item, ports: [{ role: 'mean', output: name }] };
}

/** A standard deviation is told by its name; the caller may say otherwise. */
function gaussian(graph: ForeignGraph, mean: ForeignOutput, spread: ForeignOutput): Encoded {
  if (mean.item && spread.item && !agree(mean.item, spread.item)) {
    throw graphError('unsupported', graph, {
      what: `'${mean.name}' and '${spread.name}' differ in shape, so they are no mean and variance per dimension`,
      hint: 'Name two outputs of one shape in latent: { mean, logvar }, or the means alone in latent: { mean }.',
    });
  }
  return {
    kind: 'gaussian',
    item: together(mean.item, spread.item),
    ports: [
      { role: 'mean', output: mean.name },
      { role: 'logvar', output: spread.name, ...(is('std')(spread) && readings.std) },
    ],
  };
}

/** An encoder with one output: a code, or mean and log-variance side by side, which takes twice the decoder's input. */
function single(graph: ForeignGraph, output: ForeignOutput, facts: EncoderFacts): Encoded {
  const { kind } = facts.options;
  if (kind === 'gaussian') return moments(graph, output, facts);
  if (kind === 'deterministic') return code('deterministic', output);
  const { item } = output;
  const { latent } = facts;
  if (!item || !latent) return byName(graph, output, facts);
  const axes = channelAxes(item, facts.layout);
  if (axes.some((axis) => isTwice(item, latent, axis))) return moments(graph, output, facts);
  // A size that is open may be that of two halves.
  const isWhole = !item.includes(-1) && !latent.includes(-1);
  if (isWhole && otherAxes(item, latent)) return code('deterministic', output);
  if (agree(item, latent)) {
    const isStated = axes.some((axis) => item[axis]! > 0 && latent[axis]! > 0);
    return isStated ? code('deterministic', output) : byName(graph, output, facts);
  }
  throw graphError('bad-option', graph, {
    what: `'${output.name}' holds ${show(item)} per item and a latent is ${show(latent)}: neither the same nor twice that along an axis of channels`,
    hint: "Pass latent: { mean, logvar } with the outputs' names, export it with the two as outputs of their own, or load the encoder alone.",
  });
}

/** Where sizes do not tell, a name may. */
function byName(graph: ForeignGraph, output: ForeignOutput, facts: EncoderFacts): Encoded {
  const meaning = meaningOf(output.name);
  if (meaning === 'moments') return moments(graph, output, facts);
  if (meaning === 'code' || meaning === 'mean') return code('deterministic', output);
  throw graphError('bad-option', graph, {
    what: `whether '${output.name}' holds a mean and a log-variance side by side or a plain code cannot be told`,
    hint: "Pass latent: { kind: 'gaussian' } or latent: { kind: 'deterministic' }.",
  });
}

/** As `assertLogvar`, where no name says it: deviations beside means show in the operators that put them together. */
function assertEven(graph: ForeignGraph, { name, uneven }: ForeignOutput): void {
  if (!uneven) return;
  throw graphError('bad-option', graph, {
    what: `'${name}' ends in numbers that by their operators may never be negative, as standard deviations beside means`,
    hint: `Pass latent: { spread: 'std' }, or what else they are: ${allSpreads}.`,
  });
}

/** One output with both halves, along the axis of channels. */
function moments(
  graph: ForeignGraph,
  output: ForeignOutput,
  { latent, layout, options }: EncoderFacts,
): Encoded {
  const { name, item } = output;
  if (options.spread === undefined) assertEven(graph, output);
  const shape = item ?? latent;
  if (!shape) {
    throw graphError('bad-option', graph, {
      what: `the shape of '${name}' is not stated`,
      hint: 'Pass latent: { shape } with the shape of one latent.',
    });
  }
  const axes = channelAxes(shape, layout);
  const twice = axes.filter((axis) => item && latent && isTwice(item, latent, axis));
  const [axis, ...more] = twice.length > 0 ? twice : axes;
  if (axis !== undefined && more.length === 0) return sideBySide(graph, output, axis);
  throw graphError('bad-option', graph, {
    what: `along which axis '${name}' holds a mean and a log-variance cannot be told`,
    hint:
      item && twice.length === 0
        ? `Pass latent: { shape } with the shape of one latent, half of ${show(item)} along that axis.`
        : 'Export it with the sizes of its outputs, or with the two as outputs of their own.',
  });
}

/**
 * Means in the first half of an output and log-variances in the second.
 *
 * @param axis of an item
 * @throws VaeError "bad-option" for an odd size there
 */
export function sideBySide(graph: ForeignGraph, { name, item }: ForeignOutput, axis: number): Encoded {
  const size = item?.[axis] ?? -1;
  if (size > 0 && size % 2 !== 0) {
    throw graphError('bad-option', graph, {
      what: `'${name}' holds ${size} values along its axis of channels, which are no two halves`,
      hint: "Pass latent: { kind: 'deterministic' }, or name two outputs in latent: { mean, logvar }.",
    });
  }
  return {
    kind: 'gaussian',
    item: item && halved(item, axis),
    ports: [
      { role: 'mean', output: name, part: { axis, half: 0 } },
      { role: 'logvar', output: name, part: { axis, half: 1 } },
    ],
  };
}

function exactlyOne(
  outputs: readonly ForeignOutput[],
  fits: (output: ForeignOutput) => boolean,
): ForeignOutput | undefined {
  const fitting = outputs.filter(fits);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The one that fits, or the one that there is at all. */
function oneOf(
  outputs: readonly ForeignOutput[],
  fits: (output: ForeignOutput) => boolean,
): ForeignOutput | undefined {
  return outputs.length === 1 ? outputs[0] : exactlyOne(outputs, fits);
}

function unclear(graph: ForeignGraph): never {
  throw graphError('bad-option', graph, {
    what: 'which outputs are the mean and the log-variance cannot be told',
    hint: "Pass latent: { mean, logvar } with their names; where the second holds no log-variances, spread: 'std', 'logstd' or 'variance' too.",
  });
}
