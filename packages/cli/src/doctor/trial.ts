import { VAE } from '@vae/sdk';
import { type DeviceName, loadRuntime } from '@vae/sdk/runtime';
import { oneLine } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';

/** What became of trying one device. */
export interface Trial {
  readonly device: DeviceName;
  readonly works: boolean;
  /** The package that ran and its version. */
  readonly runtime?: string;
  /** What went wrong, in sentences; of a device that works, what the user should know all the same. */
  readonly reason?: string;
}

/** A model that comes with the SDK: convolutions, transposed convolutions and matrix products. */
const model = 'mnist-conv';

/** Pixels are in [0, 1]. Devices that round to half precision stay well below this, one that is broken does not. */
const largestDifference = 0.05;

/**
 * Runs a small model on a device and compares what comes out with the wasm build, which needs no driver. A driver that
 * is broken may take the process down, so this belongs into a child process.
 */
export async function tryDevice(device: DeviceName): Promise<Trial> {
  try {
    const { name, version } = await loadRuntime({ device });
    const images = await reconstructOn(device);
    const expected = device === 'wasm' ? images : await reconstructOn('wasm');
    const reason = faultOf(images, expected);
    return { device, works: reason === undefined, runtime: `${name} ${version}`, reason };
  } catch (error) {
    return { device, works: false, reason: oneLine(String((error as Error)?.message ?? error)) };
  }
}

async function reconstructOn(device: DeviceName): Promise<Float32Array> {
  const vae = await VAE.load(model, { device });
  try {
    const size = sizeOf(vae.dataShape);
    const ramp = Float32Array.from({ length: size }, (_, place) => place / size);
    return (await vae.reconstruct({ data: ramp, shape: [1, ...vae.dataShape] })).data;
  } finally {
    await vae.dispose();
  }
}

/** @returns undefined where the numbers are as they should be */
export function faultOf(images: Float32Array, expected: Float32Array): string | undefined {
  const difference = expected.reduce(
    (most, value, place) => Math.max(most, Math.abs(value - images[place])),
    0,
  );
  // A NaN is not above anything.
  if (difference <= largestDifference) return undefined;
  return `It computes something else than wasm does: pixels differ by up to ${difference.toPrecision(2)}.`;
}
