import { ResidentPrograms } from '../resident.js';
import type { OrtDevice } from './device.js';
import { whole } from './whole.js';

/** Experimental in onnxruntime-node: the state stays on the device, and `auto` never takes it. */
export const webgpu: OrtDevice = { prepare: whole.prepare, open: ResidentPrograms.open };
