import { coreml } from './coreml.js';
import { cpu } from './cpu.js';
import { cuda } from './cuda.js';
import type { Devices } from './device.js';
import { dml } from './dml.js';
import { wasm } from './wasm.js';
import { webgpu } from './webgpu.js';

/** All devices, in the order in which 'auto' tries them. */
export const devices = { cuda, webgpu, coreml, dml, cpu, wasm } satisfies Devices;
