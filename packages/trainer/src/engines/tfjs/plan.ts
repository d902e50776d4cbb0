import type { Graph } from '../../graph/graph.js';
import type { Shape } from '../../graph/shape.js';
import { type Attributes, type Constant, gradientName, type Input, type Value } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import type { Program } from '../engine.js';

/** One operator; its inputs are places in the list of all values: inputs, then constants, then steps. */
export interface Step {
  readonly op: OpName;
  readonly inputs: readonly number[];
  readonly attributes: Attributes;
  readonly shape: Shape;
}

/** A graph as plain data, which unlike the graph itself can be sent to a thread. */
export interface Plan {
  readonly inputs: readonly Input[];
  readonly constants: readonly Constant[];
  readonly steps: readonly Step[];
  /** Name and place of each result. */
  readonly outputs: readonly (readonly [name: string, place: number])[];
}

export function toPlan({ inputs, constants, nodes, outputs }: Graph): Plan {
  const values: Value[] = [...inputs, ...constants, ...nodes];
  const places = new Map(values.map((value, place) => [value, place]));
  return {
    inputs,
    constants,
    steps: nodes.map(({ op, inputs, attributes, shape }) => ({
      op: op.name as OpName,
      inputs: inputs.map((value) => places.get(value)!),
      attributes,
      shape,
    })),
    outputs: [...outputs].map(([name, value]) => [name, places.get(value)!]),
  };
}

/** A step of training: TensorFlow.js differentiates `forward`, and `update` reads the gradients. */
export interface TrainPlan {
  readonly forward: Plan;
  readonly update: Plan;
  /** Name of each parameter's gradient among the inputs of `update`, by parameter. */
  readonly gradients: ReadonlyMap<string, string>;
}

/** A program as the thread that runs it receives it. */
export interface TfjsProgram {
  readonly batch?: number;
  /** What to run whole; a program that trains is in two parts instead. */
  readonly plan: Plan | TrainPlan;
  /** Output name by the name of the state that it replaces. */
  readonly updates: ReadonlyMap<string, string>;
}

export const isTrainPlan = (plan: Plan | TrainPlan): plan is TrainPlan => 'forward' in plan;

export function toTfjsProgram({ graph, updates, batch, parts }: Program): TfjsProgram {
  if (!parts) return { batch, updates, plan: toPlan(graph) };
  const { forward, update, parameters } = parts;
  const gradients = new Map(parameters.map((name) => [name, gradientName(name)]));
  return { batch, updates, plan: { forward: toPlan(forward), update: toPlan(update), gradients } };
}
