import type { DeviceRecord } from './device.js';

export const cpu: DeviceRecord = {
  name: 'cpu',
  cores: true,
  build: () => 'native',
  absent: () => undefined,
};
