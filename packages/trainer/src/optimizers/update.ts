import { create, type Spec } from '../choice.js';
import { input, type Value } from '../graph/value.js';
import { ifFinite } from '../ops/index.js';
import { averageWeights } from './averages.js';
import { clipByNorm, finiteNorm, globalNorm } from './clip.js';
import { optimizers } from './index.js';
import { type LossScale, nextLossScale } from './loss-scale.js';

/** The state input `name` becomes the output `name.next`. */
export const nextName = (name: string): string => `${name}.next`;

/** From gradients to the new state. */
export interface Update {
  /** Every new state tensor under `nextName` of the old one, and `gradientNorm`, the norm of the raw gradient. */
  readonly graph: Readonly<Record<string, Value>>;
  /** Shapes of the state beside the parameters, by name. */
  readonly slots: ReadonlyMap<string, readonly number[]>;
}

/** What is updated, and by which rule. */
export interface UpdateRule {
  readonly parameters: ReadonlyMap<string, { readonly value: Value; readonly shape: readonly number[] }>;
  /** Step size, []. */
  readonly rate: Value;
  /** Of a recipe; with the largest norm of the whole gradient, where there is such. */
  readonly optimizer: Spec & { readonly clipNorm?: number };
  /** How much a moving average of the weights remembers of itself; none is kept where it is left out. */
  readonly ema?: number;
  /** Set where the loss was scaled: an update that is not finite is skipped. */
  readonly scaling?: LossScale;
}

/**
 * The update where all gradients are finite, else the state as it was; and the state of the scale.
 *
 * @param previous what each output of the update replaces
 */
function skipOverflow(
  { graph, slots }: Update,
  norm: Value,
  previous: ReadonlyMap<string, Value>,
  scaling: LossScale,
): Update {
  // Nothing was applied in a step that is skipped, and means over steps stay numbers.
  const before = (name: string) => previous.get(name) ?? 0;
  const chosen = Object.entries(graph).map(([name, value]) => [name, ifFinite(norm, value, before(name))]);
  const scale = [...nextLossScale(norm, scaling)];
  return {
    graph: Object.fromEntries([...chosen, ...scale.map(([{ name }, value]) => [nextName(name), value])]),
    slots: new Map([...slots, ...scale.map(([{ name }]) => [name, []] as const)]),
  };
}

/**
 * The optimiser's graph.
 *
 * @param gradients of the loss, in the order of the parameters
 * @example updateFrom(gradients(loss, values), { parameters: trace.parameters, rate, optimizer: recipe.optimizer })
 */
export function updateFrom(gradients: readonly Value[], rule: UpdateRule): Update {
  const { rate, optimizer, ema, scaling } = rule;
  const { learningRate: _, clipNorm, ...method } = optimizer;
  const norm = clipNorm === undefined ? globalNorm(gradients) : finiteNorm(gradients);
  const clipped = clipNorm === undefined ? gradients : clipByNorm(gradients, norm, clipNorm);
  const slots = new Map<string, readonly number[]>();
  const next: Record<string, Value> = {};
  const previous = new Map<string, Value>();
  const slot = (name: string, shape: readonly number[], follow: (previous: Value) => Value): Value => {
    slots.set(name, shape);
    const held = input(name, 'state', shape, 'state of the optimiser, 0 at first');
    previous.set(nextName(name), held);
    next[nextName(name)] = follow(held);
    return next[nextName(name)];
  };
  const parameters = [...rule.parameters].map(([name, { value, shape }], i) => ({
    name,
    parameter: value,
    gradient: clipped[i],
    shape,
  }));
  create(optimizers, method)(parameters, rate, slot).forEach((value, i) => {
    previous.set(nextName(parameters[i].name), parameters[i].parameter);
    next[nextName(parameters[i].name)] = value;
  });
  if (ema !== undefined) {
    const weights = parameters.map(({ name, shape }) => ({ name, shape, next: next[nextName(name)] }));
    averageWeights(weights, ema, slot);
  }
  const update = { graph: { gradientNorm: norm, ...next }, slots };
  return scaling ? skipOverflow(update, norm, previous, scaling) : update;
}
