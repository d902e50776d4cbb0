import type { DeviceRecord } from './device.js';

export const wasm: DeviceRecord = {
  name: 'wasm',
  cores: true,
  build: () => 'wasm',
  absent: () => undefined,
};
