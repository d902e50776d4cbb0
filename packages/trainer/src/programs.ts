import { gradients } from './autodiff/gradients.js';
import { create } from './choice.js';
import type { Program, State } from './engines/engine.js';
import { TrainerError } from './errors.js';
import { buildGraph } from './graph/graph.js';
import { type Shape, sizeOf } from './graph/shape.js';
import { gradientName, type Input, input, type Value } from './graph/value.js';
import { type Noise, type Parameter, type Scalar, Trace } from './layers/trace.js';
import { likelihoods } from './likelihoods/index.js';
import type { Likelihood } from './likelihoods/likelihood.js';
import { labelInput } from './model/label.js';
import { Vae } from './model/vae.js';
import { objectives } from './objectives/index.js';
import type { Objective, Terms } from './objectives/objective.js';
import { mul, sumAll } from './ops/index.js';
import { firstValue, type LossScale, lossScale, scaledGradients } from './optimizers/loss-scale.js';
import { nextName, type Update, updateFrom } from './optimizers/update.js';
import type { Recipe } from './recipe/recipe.js';
import { asSchedule } from './schedules/schema.js';

/** A program that reads data, with what the host has to feed it beside the data. */
export interface FedProgram extends Program {
  readonly noises: ReadonlyMap<string, Noise>;
  readonly scalars: ReadonlyMap<string, Scalar>;
}

/** Everything that a recipe becomes: programs over one state. */
export interface Programs {
  /** One update: x, weight, noise (and label where the recipe is conditional) → every term, and the new state. */
  readonly train: FedProgram;
  /** Every term for each sample, [N], or for the batch, [], without an update and with dropout off. */
  readonly evaluate: FedProgram;
  /** x, and label where the recipe is conditional → mean (and logvar) */
  readonly encode: FedProgram;
  /** z, and label where the recipe is conditional → x, the expected value (and logits) */
  readonly decode: Program;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Shapes of the optimiser's state, by name; it starts at 0, the scale of the loss at 1024. */
  readonly slots: ReadonlyMap<string, readonly number[]>;
  readonly objective: Objective;
  readonly likelihood: Likelihood;
}

const WEIGHT_MEANING =
  'share of each sample in the mean: 1/N for real samples, 0 for padding; the shares of a whole batch sum to 1';

/** What networks and objectives must know of data: extents of a sample, how many classes there are and samples to train on. */
interface Form {
  readonly shape: readonly number[];
  readonly classes: number;
  readonly samples?: number;
}

/** One way of looking at the model: a fresh trace with its inputs. */
class View {
  readonly trace: Trace;
  readonly model: Vae;
  readonly x: Input;
  /** Nothing, or the input for the classes of samples. */
  readonly labels: readonly Input[];
  readonly weight: Input = input('weight', 'weight', ['N'], WEIGHT_MEANING);

  constructor(
    recipe: Recipe,
    private readonly form: Form,
    readonly objective: Objective,
    likelihood: Likelihood,
    training: boolean,
  ) {
    const { shape: dataShape, classes } = form;
    this.trace = new Trace(training, dataShape);
    this.labels = recipe.model.conditional ? [labelInput(classes)] : [];
    this.model = new Vae(recipe.model, likelihood, objective.latent, this.trace, this.labels[0]);
    this.x = input('x', 'data', ['N', ...dataShape] as Shape, 'data, a batch of items');
  }

  /** Every term of the objective, in nats: for each sample, [N], or for the batch, []. */
  terms(): Record<string, Value> {
    const terms: Terms = this.objective.terms(this.model, this.x, {
      weight: this.weight,
      samples: this.form.samples,
      noise: (name, shape) => this.trace.noise(name, shape),
      schedule: (name, schedule, meaning) => this.trace.scalar(name, schedule, meaning),
    });
    const present = Object.entries(terms).filter((entry): entry is [string, Value] => entry[1] !== undefined);
    return Object.fromEntries(present);
  }

  /** Weighted mean over the batch, []. */
  mean(value: Value): Value {
    return value.shape.length === 0 ? value : sumAll(mul(this.weight, value));
  }
}

/** The loss and its gradients, in float16 by way of a scaled loss. */
const differentiate = (loss: Value, parameters: readonly Value[], scaling: LossScale | undefined) =>
  scaling ? scaledGradients(loss, parameters, scaling) : { loss, gradients: gradients(loss, parameters) };

function trainProgram(view: View, recipe: Recipe): FedProgram & { slots: Update['slots'] } {
  const means = Object.entries(view.terms()).map(([name, term]) => [name, view.mean(term)] as const);
  const { loss: mean, ...terms } = Object.fromEntries(means);
  const schedule = asSchedule(recipe.optimizer.learningRate);
  const rate = view.trace.scalar('learningRate', schedule, 'step size of the update');
  const parameters = [...view.trace.parameters.values()].map(({ value }) => value);
  const scaling = recipe.precision === 'float16' ? lossScale() : undefined;
  const { loss, gradients: raw } = differentiate(mean, parameters, scaling);
  const received = parameters.map(({ name, shape }) =>
    input(gradientName(name), 'gradient', shape, `gradient of the loss for ${name}`),
  );
  const named = Object.fromEntries(raw.map((value, i) => [received[i].name, value]));
  const { optimizer, ema } = recipe;
  const rule = { parameters: view.trace.parameters, rate, optimizer, ema, scaling };
  const whole = updateFrom(raw, rule);
  const fed = [view.x, view.weight, ...view.labels];
  return {
    graph: buildGraph('train', { loss, ...terms, ...whole.graph }, fed),
    updates: new Map(
      [...parameters.map(({ name }) => name), ...whole.slots.keys()].map((name) => [name, nextName(name)]),
    ),
    batch: recipe.batch,
    ...(scaling && { precision: 'float16' as const }),
    parts: {
      forward: buildGraph('forward', { loss, ...terms }, fed),
      gradients: buildGraph('gradients', { loss, ...terms, ...named }, fed),
      update: buildGraph('update', updateFrom(received, rule).graph, received),
      parameters: parameters.map(({ name }) => name),
      additive: !view.objective.couplesSamples,
    },
    noises: view.trace.noises,
    scalars: view.trace.scalars,
    slots: whole.slots,
  };
}

const looks = (name: string, outputs: Record<string, Value>, inputs: readonly Input[]): Program => ({
  graph: buildGraph(name, outputs, inputs),
  updates: new Map(),
});

function encodeProgram(view: View): FedProgram {
  const { mean, logVar } = view.model.encode(view.x);
  const outputs: Record<string, Value> =
    view.objective.latent === 'gaussian' ? { mean, logvar: logVar } : { mean };
  const { noises, scalars } = view.trace;
  return { ...looks('encoder', outputs, [view.x, ...view.labels]), noises, scalars };
}

function decodeProgram(view: View, latent: number, likelihood: Likelihood): Program {
  const z = input('z', 'data', ['N', latent], 'latent vectors');
  const output = view.model.decode(z);
  const raw = likelihood.rawOutput;
  return looks('decoder', { x: view.model.expected(output), ...(raw && { [raw]: output }) }, [
    z,
    ...view.labels,
  ]);
}

/** With one class there is nothing to tell samples apart by. */
const LEAST_CLASSES = 2;

/**
 * Writes down all graphs of a recipe for data of one shape.
 *
 * @param dataShape extents of one sample, such as [1, 28, 28]
 * @param classes how many classes the data have, which a conditional recipe is for: labels are [N, classes] then
 * @param samples that are trained on, which the estimate of a total correlation depends on
 * @throws TrainerError "bad-shape" or "bad-recipe" naming the layer that does not fit; "bad-data" for a conditional recipe
 *   and fewer than two classes
 * @example const { train } = buildPrograms(recipe, [1, 28, 28])
 */
export function buildPrograms(
  recipe: Recipe,
  dataShape: readonly number[],
  classes = 0,
  samples?: number,
): Programs {
  if (recipe.model.conditional && classes < LEAST_CLASSES)
    throw new TrainerError(
      'bad-data',
      `${recipe.name}: the recipe is conditional, and needs data of ${LEAST_CLASSES} classes at least; these have ${classes}. ` +
        'Say where their classes are, or leave "conditional" out of "model".',
    );
  const form = { shape: dataShape, classes, samples };
  const objective = create(objectives, recipe.objective);
  const likelihood = create(likelihoods, recipe.likelihood);
  const look = (training: boolean) => new View(recipe, form, objective, likelihood, training);

  const training = look(true);
  const { slots, ...train } = trainProgram(training, recipe);
  const evaluation = look(false);
  const evaluate: FedProgram = {
    ...looks('evaluate', evaluation.terms(), [evaluation.x, ...evaluation.labels]),
    noises: evaluation.trace.noises,
    scalars: evaluation.trace.scalars,
  };
  return {
    train,
    evaluate,
    encode: encodeProgram(look(false)),
    decode: decodeProgram(look(false), recipe.model.latent, likelihood),
    parameters: training.trace.parameters,
    slots,
    objective,
    likelihood,
  };
}

/** The state before the first step: seeded weights, and what the optimiser begins with, which is 0 nearly everywhere. */
export function initialState({ parameters, slots }: Programs, seed: number): State {
  const weights = [...parameters].map(([name, { shape, initializer }]) => {
    const data = new Float32Array(sizeOf(shape));
    initializer(data, seed, name);
    return [name, { data, shape }] as const;
  });
  const moments = [...slots].map(
    ([name, shape]) =>
      [name, { data: new Float32Array(sizeOf(shape)).fill(firstValue(name)), shape }] as const,
  );
  return Object.fromEntries([...weights, ...moments]);
}
