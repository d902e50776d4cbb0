import type { State } from '../engines/engine.js';
import type { Programs } from '../programs.js';
import type { ConvertOptions, Exported } from './convert.js';
import { exportHalves } from './halves.js';

/** Writes both halves of a model as .onnx files. */
export interface Exporter {
  /** Fetches what it needs, where that is missing. */
  prepare(options: ConvertOptions): Promise<void>;
  write(
    programs: Pick<Programs, 'encode' | 'decode'>,
    weights: State,
    options: ConvertOptions,
  ): Promise<Exported>;
}

/** Ways to ONNX: our own writer, and TensorFlow graphs through tf2onnx. */
export const exporters = {
  native: {
    prepare: async () => {},
    write: async (programs, weights) => ({ halves: exportHalves(programs, weights), versions: {} }),
  },
  tf2onnx: {
    prepare: async (options) => (await import('./convert.js')).prepareConversion(options),
    write: async (...given) => (await import('./convert.js')).convertHalves(...given),
  },
} as const satisfies Record<string, Exporter>;

export type ExporterName = keyof typeof exporters;
