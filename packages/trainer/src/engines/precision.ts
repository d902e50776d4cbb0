import { TrainerError } from '../errors.js';
import type { Program } from './engine.js';
import { isGpu } from './is-gpu.js';

/**
 * Refuses what would be slower than without the option: processors have no units for float16, so their runtimes round
 * numbers to it and back around the same work.
 *
 * @throws TrainerError "engine-failed" when a program has products in float16 and the device is no GPU of `ort`
 */
export function requirePrecision(
  programs: Readonly<Record<string, Pick<Program, 'precision'>>>,
  { engine, device }: { readonly engine: string; readonly device?: string },
): void {
  if (engine === 'ort' && isGpu(device)) return;
  if (!Object.values(programs).some(({ precision }) => precision === 'float16')) return;
  const why =
    engine === 'ort'
      ? `pays on a GPU only, and the device is "${device}". Name a GPU with --device cuda or webgpu`
      : `is not what the engine "${engine}" has. Use --engine ort on a GPU`;
  throw new TrainerError(
    'engine-failed',
    `precision "float16" ${why}, or leave precision out (--precision float32 where the recipe has it).`,
  );
}
