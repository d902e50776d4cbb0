import type { State } from '../engines/engine.js';
import { writeOnnx } from '../onnx/writer.js';
import type { Programs } from '../programs.js';
import { exportTarget } from '../targets/export.js';
import { lower } from '../targets/lower.js';

/** The two files of a model. */
export interface Halves {
  readonly encoder: Uint8Array;
  readonly decoder: Uint8Array;
}

/** Encoder and decoder with their weights, as the bytes of two .onnx files. */
export function exportHalves(programs: Programs, weights: State): Halves {
  const half = ({ graph }: Programs['encode'], doc: string): Uint8Array => {
    const own = graph.inputs.filter(({ role }) => role === 'state').map(({ name }) => [name, weights[name]]);
    return writeOnnx(lower(graph, exportTarget, { weights: Object.fromEntries(own), doc }));
  };
  return {
    encoder: half(programs.encode, 'q(z|x): x → mean and log-variance of the latent vector'),
    decoder: half(programs.decode, 'p(x|z): z → expected value of the data'),
  };
}
