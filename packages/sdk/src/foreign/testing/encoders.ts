import type { ForeignOptions } from '../options.js';
import { type Dims, type GraphSketch, type Halves, specOf } from './graphs.js';

/** Encoders of six numbers beside a decoder of two, for tests. Not published. */

const N6: Dims = ['N', 6];
export const N2: Dims = ['N', 2];
export const N4: Dims = ['N', 4];
export const decoder: GraphSketch = { input: ['z', N2], outputs: { recon: N6 } };

/** The kind of latent, and each output of the encoder that is used: as what, and what is done with it. */
export const kindAndOutputs = async (
  encoder: GraphSketch,
  options?: ForeignOptions,
  other: Halves = { decoder },
) => {
  const { latent, encoder: graph } = await specOf({ ...other, encoder }, options);
  const outputs = graph!.outputs.map(({ role, output, part, map }) =>
    [role, output, part && `half ${part.half} of axis ${part.axis}`, map].filter(Boolean).join(' '),
  );
  return [latent.kind, ...outputs];
};
