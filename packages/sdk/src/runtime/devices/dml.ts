import { type DeviceRecord, ofSystem } from './device.js';

/** DirectML. */
export const dml: DeviceRecord = {
  ...ofSystem('dml', 'win32', 'DirectML is a part of Windows'),
  memoryPattern: false,
};
