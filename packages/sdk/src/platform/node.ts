import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { openFolder } from './node/folder.js';
import { loadOrt } from './node/ort.js';
import type { Platform } from './types.js';

/** Node: models come from folders, bundled names and https URLs; ONNX Runtime is the native one, else wasm. */
export const platform: Platform = {
  openFolder,
  sha256: async (bytes) => createHash('sha256').update(bytes).digest('hex'),
  loadOrt: (device) => loadOrt(device),
  defaultThreads() {
    const processors = availableParallelism();
    return processors <= 2 ? processors : Math.min(4, Math.ceil(processors / 2));
  },
};
