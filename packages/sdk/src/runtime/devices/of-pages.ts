import type { Devices } from './device.js';
import { wasm } from './wasm.js';
import { webgpu } from './webgpu.js';

/** What a browser can have, so that pages carry nothing of the other devices. */
export const devicesOfPages: Devices = { webgpu, wasm };
