import type { Engine } from './engine.js';

/** Every engine that a command may name; each loads when it is asked for. */
export const engines = {
  ort: async (): Promise<Engine> => (await import('./ort/index.js')).ortEngine,
  tfjs: async (): Promise<Engine> => (await import('./tfjs/index.js')).tfjsEngine,
  reference: async (): Promise<Engine> => (await import('./reference/index.js')).referenceEngine,
} as const;

export type EngineName = keyof typeof engines;
