import type { DeviceName } from '../types.js';
import { coreml } from './coreml.js';
import { cpu } from './cpu.js';
import { cuda } from './cuda.js';
import type { DeviceRecord } from './device.js';
import { dml } from './dml.js';
import { wasm } from './wasm.js';
import { webgpu } from './webgpu.js';

/** All devices, in the order in which 'auto' tries them. */
export const devices: Readonly<Record<DeviceName, DeviceRecord>> = { cuda, webgpu, coreml, dml, cpu, wasm };
