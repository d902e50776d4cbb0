import type { Tensor } from '@tensorflow/tfjs';
import { TrainerError } from '../../errors.js';
import { resolveShape } from '../../graph/shape.js';
import { input, none } from '../../graph/value.js';
import { ops } from '../../ops/index.js';
import type { Backend } from './backends.js';
import { LoadedPlan } from './interpret.js';
import { isTrainPlan, type Plan, type Step, type TfjsProgram } from './plan.js';

/** The first use of each operator. */
const firstUses = ({ steps }: Plan): Step[] => [
  ...new Map(steps.toReversed().map((step) => [step.op, step])).values(),
];

/** A step alone, its operands as inputs. */
function alone(plan: Plan, step: Step): Plan {
  const values = [...plan.inputs, ...plan.constants, ...plan.steps];
  const inputs = step.inputs.map((place, i) => input(`x${i}`, 'data', values[place].shape, 'Operand.'));
  const places = inputs.map((_, i) => i);
  return { inputs, constants: [], steps: [{ ...step, inputs: places }], outputs: [['y', inputs.length]] };
}

/** Runs one operator on zeros, for one sample, and its gradient where it is needed. */
function tryOut({ tf }: Backend, plan: Plan, differentiated: boolean): void {
  const loaded = new LoadedPlan(tf, plan);
  const compute = (...operands: Tensor[]): Tensor =>
    loaded.run(new Map(operands.map((operand, i) => [`x${i}`, operand])), 1).get('y')!;
  tf.tidy(() => {
    const zeros = plan.inputs.map(({ shape }) => tf.zeros(resolveShape(shape, 1)));
    if (differentiated && ops[plan.steps[0].op].gradient !== none) tf.grads(compute)(zeros);
    else compute(...zeros);
  });
}

/**
 * Tries every operator of a program before anything is trained: which kernels and gradients there are differs from
 * back end to back end.
 *
 * @throws TrainerError "engine-failed" naming the operator, the back end, and what to use instead
 */
export function probe(backend: Backend, name: string, { plan }: TfjsProgram): void {
  const parts = isTrainPlan(plan)
    ? [
        { plan: plan.forward, differentiated: true },
        { plan: plan.update, differentiated: false },
      ]
    : [{ plan, differentiated: false }];
  for (const { plan: part, differentiated } of parts)
    for (const step of firstUses(part))
      try {
        tryOut(backend, alone(part, step), differentiated);
      } catch (cause) {
        throw new TrainerError(
          'engine-failed',
          `tfjs: ${backend.description} cannot run the operator "${step.op}" of the program "${name}" ` +
            `(${(cause as Error).message}). Use --engine ort${backend.isNative ? '' : ', or install tfjs-node with: vae-train setup tfjs'}.`,
          { cause },
        );
      }
}
