import type { DeviceName } from '@vae/sdk/runtime';
import type { Machine } from './machine.js';
import { hasNativeBuild, installCommand } from './native-runtime.js';
import type { Present } from './present.js';

/** The next step that may make a device work; undefined where there is none, or only the SDK knows. */
type Advise = (machine: Machine, present: Present) => string | undefined;

/** The first NVIDIA driver that CUDA 13 runs on. */
const leastDriver = 580;

/** Packages with a Vulkan loader and drivers, by distribution. */
const vulkan: Readonly<Record<string, string>> = {
  debian: 'sudo apt install libvulkan1 mesa-vulkan-drivers',
  fedora: 'sudo dnf install vulkan-loader mesa-vulkan-drivers',
};

/** Advice for each device when its trial failed; the keys are all devices, in the order of the doctor's table. */
export const advice: Readonly<Record<DeviceName, Advise>> = {
  cpu: native,

  cuda(machine, present) {
    if (machine.os !== 'linux' || machine.architecture !== 'x64') return undefined;
    const { nvidia, nvidiaDriver } = machine;
    if (nvidiaDriver !== undefined && Number.parseInt(nvidiaDriver, 10) < leastDriver) {
      return `install NVIDIA's driver ${leastDriver} or newer; this one is ${nvidiaDriver}, too old for CUDA 13`;
    }
    if (!present.driver) {
      return nvidia
        ? `install NVIDIA's driver, ${leastDriver} or newer, until nvidia-smi works`
        : 'use a machine with an NVIDIA card; a container gets to it with --gpus all';
    }
    return (
      native(machine, present) ?? (present.cuda ? 'see whether nvidia-smi lists a card' : 'vae doctor --fix')
    );
  },

  webgpu(machine, present) {
    const advised = native(machine, present);
    if (advised !== undefined || machine.os !== 'linux' || machine.architecture !== 'x64') return advised;
    const distribution = machine.distributions.find((name) => Object.hasOwn(vulkan, name));
    return distribution && vulkan[distribution];
  },

  coreml: (machine, present) => (machine.os === 'darwin' ? native(machine, present) : undefined),
  dml: (machine, present) => (machine.os === 'win32' ? native(machine, present) : undefined),
  wasm: () => 'npm i onnxruntime-web',
};

/** All of them but wasm need onnxruntime-node. */
function native(machine: Machine, present: Present): string | undefined {
  if (machine.musl) {
    return 'use an image with glibc, such as node:22-slim, or --device wasm; onnxruntime-node has no build for musl';
  }
  if (!hasNativeBuild(machine))
    return 'use --device wasm; onnxruntime-node has no build for Macs with Intel processors';
  return present.native ? undefined : `${installCommand()} (or vae doctor --fix)`;
}
