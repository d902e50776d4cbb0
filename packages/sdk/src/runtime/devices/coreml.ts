import { type DeviceRecord, experimental, placeOf } from './device.js';

export const coreml: DeviceRecord = {
  name: 'coreml',
  build: () => 'native',
  absent: (host) =>
    host.os === 'darwin' ? undefined : `Core ML is a part of macOS, this is ${placeOf(host)}`,
  avoided: () => experimental,
};
