import { gradients } from '../autodiff/gradients.js';
import { type Input, input, type Value } from '../graph/value.js';
import { add, div, ifFinite, min, mul, step, sub } from '../ops/index.js';

const SCALE = 'lossScale';
const GOOD_STEPS = 'lossScale.goodSteps';

/**
 * Powers of two, by which a number is multiplied and divided without rounding. The first is smaller than the usual
 * 2¹⁶: the nats of a whole sample have larger gradients than a mean over its numbers.
 */
const FIRST_SCALE = 2 ** 10;
const LARGEST_SCALE = 2 ** 24;
/** Updates in a row with finite gradients after which the scale doubles. */
const GOOD_STEPS_TO_DOUBLE = 2000;

/**
 * Dynamic loss scaling (Micikevicius et al. 2018, "Mixed Precision Training", sections 3.2 and 3.3). Gradients that are
 * computed in float16 vanish below 2⁻²⁴ and are infinite from 65520 on. So the loss is multiplied by a scale before it
 * is differentiated, and the gradients are divided by it in float32. Where one is not finite the update is skipped and
 * the scale halved; after 2000 finite ones in a row it is doubled, up to 2²⁴.
 */
export interface LossScale {
  readonly scale: Input;
  /** Finite updates since the scale last changed. */
  readonly goodSteps: Input;
}

export const lossScale = (): LossScale => ({
  scale: input(SCALE, 'state', [], 'what the loss is multiplied by before its gradients; 1024 at first'),
  goodSteps: input(GOOD_STEPS, 'state', [], 'updates since the scale of the loss last changed, 0 at first'),
});

/** A state tensor of the training step starts at this number everywhere. */
export const firstValue = (name: string): number => (name === SCALE ? FIRST_SCALE : 0);

/**
 * Gradients of the loss by way of the scaled one, and the loss as it is. After some 150 halvings in a row the scale is 0
 * and the loss 0 / 0: what has no finite gradient at any scale ends as training without a scale would.
 */
export function scaledGradients(
  loss: Value,
  targets: readonly Value[],
  { scale }: LossScale,
): { readonly loss: Value; readonly gradients: Value[] } {
  const scaled = mul(loss, scale);
  return {
    loss: div(scaled, scale),
    gradients: gradients(scaled, targets).map((gradient) => div(gradient, scale)),
  };
}

/** The state of the scale after an update; `norm` is that of the whole gradient. */
export function nextLossScale(norm: Value, { scale, goodSteps }: LossScale): Map<Input, Value> {
  const count = add(goodSteps, 1);
  const isDue = step(sub(count, GOOD_STEPS_TO_DOUBLE - 0.5));
  const grown = min(mul(scale, add(1, isDue)), LARGEST_SCALE);
  return new Map([
    [scale, ifFinite(norm, grown, mul(0.5, scale))],
    [goodSteps, ifFinite(norm, mul(count, sub(1, isDue)), 0)],
  ]);
}
