import type { Tensor } from '@vae/sdk/media';
import type { State } from '../engines/engine.js';
import type { Graph } from '../graph/graph.js';
import type { OnnxModel } from '../onnx/model.js';
import { simplify } from '../onnx/simplify.js';
import { writeOnnx } from '../onnx/writer.js';
import type { Programs } from '../programs.js';
import { exportTarget } from '../targets/export.js';
import { lower } from '../targets/lower.js';

/** The two files of a model. */
export interface Halves {
  readonly encoder: Uint8Array;
  readonly decoder: Uint8Array;
}

export type HalfName = keyof Halves;
export const halfNames: readonly HalfName[] = ['encoder', 'decoder'];
export const fileOf = (half: HalfName): string => `${half}.onnx`;

const docs: Readonly<Record<HalfName, string>> = {
  encoder: 'q(z|x): x → mean and log-variance of the latent vector',
  decoder: 'p(x|z): z → expected value of the data',
};

export const graphOf = ({ encode, decode }: Pick<Programs, 'encode' | 'decode'>, half: HalfName): Graph =>
  half === 'encoder' ? encode.graph : decode.graph;

/** Names and shapes of the weights that a half reads. */
export const weightShapes = (graph: Graph): Map<string, readonly number[]> =>
  new Map(
    graph.inputs
      .filter(({ role }) => role === 'state')
      .map(({ name, shape }) => [name, shape as readonly number[]]),
  );

/** Those of the weights that a half reads. */
export const weightsOf = (graph: Graph, weights: State): Record<string, Tensor> =>
  Object.fromEntries([...weightShapes(graph).keys()].map((name) => [name, weights[name]]));

/** Encoder and decoder with their weights, as the bytes of two .onnx files; `change` has a last look at both. */
export function exportHalves(
  programs: Pick<Programs, 'encode' | 'decode'>,
  weights: State,
  change: (model: OnnxModel, half: HalfName) => OnnxModel = (model) => model,
): Halves {
  const write = (half: HalfName): Uint8Array => {
    const graph = graphOf(programs, half);
    const lowered = lower(graph, exportTarget, { weights: weightsOf(graph, weights), doc: docs[half] });
    return writeOnnx(change(simplify(lowered), half));
  };
  return { encoder: write('encoder'), decoder: write('decoder') };
}
