import { checkDecode, checkProduct, checkSteps } from './agreement.js';
import { checkDriver } from './driver.js';
import type { CheckOptions, Finding } from './finding.js';
import { normalisedModel } from './normalised.js';
import { checkPlacement } from './placement.js';
import { checkFloat16 } from './precision.js';
import { checkSpeed, SPEED_RECIPES, type SpeedRecipe } from './speed.js';
import { cpuTarget, gpuTargets, type Target } from './targets.js';
import { checkTorch } from './torch.js';

/** One line of the table; it runs in a process of its own. */
export interface Item {
  readonly id: string;
  readonly title: string;
  /** The item without which this one is not tried. */
  readonly needs?: string;
  /** The column and row of the speed table that it fills. */
  readonly speed?: { readonly on: string; readonly recipe: SpeedRecipe };
  check(options: CheckOptions): Promise<Finding>;
}

const titles: Readonly<Record<string, string>> = {
  cuda: 'onnxruntime CUDA',
  webgpu: 'onnxruntime WebGPU',
  'tfjs-cuda': 'TensorFlow.js CUDA',
};

function itemsOf(target: Target): Item[] {
  const { name } = target;
  const needs = `${name}.product`;
  const item = (what: string, title: string, check: Item['check']): Item => ({
    id: `${name}.${what}`,
    title: `${titles[name]}: ${title}`,
    ...(what !== 'product' && { needs }),
    check,
  });
  const { device } = target;
  return [
    item('product', 'starts, and multiplies as by hand', () => checkProduct(target)),
    item('decode', 'decodes as the CPU', (options) => checkDecode(target, options)),
    item('steps', 'trains as the CPU', (options) => checkSteps(target, options)),
    item('normalised', 'trains residual blocks and normalisations as the CPU', (options) =>
      checkSteps(target, options, { model: normalisedModel }),
    ),
    ...(target.engine === 'ort' && (device === 'cuda' || device === 'webgpu')
      ? [
          item('placement', 'computes the whole step', (options) => checkPlacement(device, options)),
          item('float16', 'trains with products in float16 as in float32', (options) =>
            checkFloat16(target, options),
          ),
        ]
      : []),
  ];
}

const speedOf = (target: Target, recipe: SpeedRecipe): Item => ({
  id: `speed.${target.name}.${recipe}`,
  title: `${recipe} on ${target.name}`,
  ...(target !== cpuTarget && { needs: `${target.name}.product` }),
  speed: { on: target.name, recipe },
  check: (options) => checkSpeed(target, recipe, options),
});

const torchOf = (mode: 'eager' | 'compile', recipe: SpeedRecipe): Item => ({
  id: `speed.torch-${mode}.${recipe}`,
  title: `${recipe} on torch-${mode}`,
  speed: { on: `torch-${mode}`, recipe },
  check: (options) => checkTorch(mode, recipe, options),
});

/** Everything that is looked at, in order. */
export function allItems({ seconds, python }: CheckOptions): Item[] {
  const checks: Item[] = [
    { id: 'driver', title: 'NVIDIA driver', check: () => checkDriver() },
    ...gpuTargets.flatMap(itemsOf),
  ];
  if (seconds === 0) return checks;
  const speeds = SPEED_RECIPES.flatMap((recipe) => [
    ...[cpuTarget, ...gpuTargets].map((target) => speedOf(target, recipe)),
    ...(python === undefined ? [] : (['eager', 'compile'] as const).map((mode) => torchOf(mode, recipe))),
  ]);
  return [...checks, ...speeds];
}
