import { type DeviceRecord, ofSystem } from './device.js';

export const coreml: DeviceRecord = ofSystem('coreml', 'darwin', 'Core ML is a part of macOS');
