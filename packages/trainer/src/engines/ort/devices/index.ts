import { cpu } from './cpu.js';
import { cuda } from './cuda.js';
import type { OrtDevice } from './device.js';
import { webgpu } from './webgpu.js';
import { whole } from './whole.js';

/** How the state is kept, by the SDK's name of the device. `wasm` stands in where onnxruntime-node is not there. */
export const devices = { cpu, cuda, webgpu, wasm: whole } as const satisfies Record<string, OrtDevice>;

export type OrtDeviceName = keyof typeof devices;
