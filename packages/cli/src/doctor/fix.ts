import { cudaState, type DeviceName } from '@vae/sdk/runtime';
import type { Output, Streams } from '@vae/trainer/terminal';
import { fixCuda } from './cuda/fix-cuda.js';
import type { Machine } from './machine.js';
import { hasNativeBuild, hasNativePackage, installNativePackage, nativePackage } from './native-runtime.js';

export interface FixOptions {
  /** The device that is wanted, or all that this machine has a use for. */
  readonly device: DeviceName | 'auto';
  /** Do not ask before a download. */
  readonly yes?: boolean;
  readonly machine: Machine;
  readonly output: Output;
  readonly streams: Streams;
}

/**
 * Gets from the registries of npm and Python what is missing.
 *
 * @returns what was got
 * @throws UsageError when something that is wanted cannot be had this way
 */
export async function fix(options: FixOptions): Promise<string[]> {
  const { device, machine, output } = options;
  const got: string[] = [];
  if (device !== 'wasm' && hasNativeBuild(machine) && !hasNativePackage()) {
    await installNativePackage();
    got.push(nativePackage());
  }
  const cuda = machine.musl ? undefined : cudaState();
  if (cuda && (device === 'cuda' || (device === 'auto' && (machine.nvidia || cuda.driver)))) {
    got.push(...(await fixCuda(cuda, options)));
  } else if (cuda && device === 'auto') {
    output.note('CUDA is left out: there is no NVIDIA card here. To get it all the same add --device cuda.');
  } else if (got.length === 0) {
    output.note('There is nothing that --fix can get here.');
  }
  return got;
}
