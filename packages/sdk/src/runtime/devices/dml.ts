import { type DeviceRecord, experimental, placeOf } from './device.js';

/** DirectML. */
export const dml: DeviceRecord = {
  name: 'dml',
  memoryPattern: false,
  build: () => 'native',
  absent: (host) =>
    host.os === 'win32' ? undefined : `DirectML is a part of Windows, this is ${placeOf(host)}`,
  avoided: () => experimental,
};
