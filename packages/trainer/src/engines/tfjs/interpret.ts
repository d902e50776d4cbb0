import type { Tensor } from '@tensorflow/tfjs';
import { resolveShape } from '../../graph/shape.js';
import { type Kernel, kernels } from './kernels.js';
import { attributesIn, type Layout, layOut, type Order, reorder, turn } from './layout.js';
import type { Plan, Step } from './plan.js';
import type { Tf } from './tf.js';

/** The values of one run, each in the order that it was made in, and turned once where the other is asked for. */
class Values {
  private readonly turned = new Map<number, Tensor>();

  constructor(
    private readonly tf: Tf,
    private readonly made: Tensor[],
    private readonly orders: readonly Order[],
  ) {}

  push(value: Tensor): void {
    this.made.push(value);
  }

  get(place: number, order: Order): Tensor {
    if (this.orders[place] === order) return this.made[place];
    const known = this.turned.get(place);
    if (known) return known;
    const turned = turn(this.tf, this.made[place], order);
    this.turned.set(place, turned);
    return turned;
  }
}

/** A plan with its constants in the back end. */
export class LoadedPlan {
  private readonly constants: readonly Tensor[];
  private readonly layout: Layout;

  constructor(
    private readonly tf: Tf,
    readonly plan: Plan,
  ) {
    this.layout = layOut(plan);
    this.constants = plan.constants.map(({ data, shape }) => tf.tensor(Float32Array.from(data), [...shape]));
  }

  /**
   * Every output by name. What is made on the way is the caller's to dispose of, so call it inside tf.tidy.
   *
   * @param inputs by name
   */
  run(inputs: ReadonlyMap<string, Tensor>, batch: number): Map<string, Tensor> {
    const { plan, layout, tf } = this;
    const given = [...plan.inputs.map(({ name }) => inputs.get(name)!), ...this.constants];
    const first = given.length;
    const values = new Values(tf, given, layout.values);
    plan.steps.forEach((step, i) => {
      const operands = step.inputs.map((place, k) => values.get(place, layout.operands[i][k]));
      values.push(this.compute(step, operands, layout.values[first + i], batch));
    });
    return new Map(plan.outputs.map(([name, place]) => [name, values.get(place, 'first')]));
  }

  private compute(step: Step, operands: readonly Tensor[], order: Order, batch: number): Tensor {
    const extents = resolveShape(step.shape, batch);
    const ordered = order === 'last' ? reorder(extents, 'last') : extents;
    return (kernels[step.op] as Kernel)(this.tf, operands, attributesIn(step, order) as never, ordered);
  }

  dispose(): void {
    this.tf.dispose([...this.constants]);
  }
}
