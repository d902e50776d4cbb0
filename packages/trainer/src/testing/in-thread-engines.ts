import { vi } from 'vitest';
import { inThreadOrt } from './in-thread-ort.js';

const built = await vi.importActual<typeof import('../engines/index.js')>('../engines/index.js');

/** In place of those of `engines/`: the ort engine's thread starts from a build; this one computes in the test's own. */
export const engines = { ...built.engines, ort: async () => inThreadOrt };
