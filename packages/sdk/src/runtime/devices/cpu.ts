import type { DeviceRecord } from './device.js';

export const cpu: DeviceRecord = {
  name: 'cpu',
  cores: true,
  build: () => 'native',
  absent: ({ os }) =>
    os === 'browser' ? "it is the native runtime of Node; in a browser use 'wasm' or 'auto'" : undefined,
};
