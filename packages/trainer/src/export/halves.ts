import type { Tensor } from '@vae/sdk/media';
import type { State } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { formatShape, sampleSize } from '../graph/shape.js';
import { labelWidth } from '../model/label.js';
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

function docOf(half: HalfName, graph: Graph): string {
  const [y, label] = labelWidth(graph) > 0 ? [', y', ' and label, one-hot'] : ['', ''];
  return half === 'encoder'
    ? `q(z|x${y}): x${label} → mean and log-variance of the latent vector`
    : `p(x|z${y}): z${label} → expected value of the data`;
}

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

/** A file of protobuf ends at 2³¹ bytes. What is no weight takes some thousands of them; a MiB is left for it. */
const MOST_WEIGHTS = (2 ** 31 - 2 ** 20) / Float32Array.BYTES_PER_ELEMENT;

/**
 * Refuses networks that could be trained and not be written.
 *
 * @throws TrainerError "bad-recipe" naming the half and its largest parameter
 */
export function requireWritable(programs: Pick<Programs, 'encode' | 'decode'>): void {
  for (const half of halfNames) {
    const weights = [...weightShapes(graphOf(programs, half))].map(
      ([name, shape]) => ({ name, shape, size: sampleSize(shape) }) as const,
    );
    const total = weights.reduce((sum, { size }) => sum + size, 0);
    if (total <= MOST_WEIGHTS) continue;
    const { name, shape } = weights.reduce((a, b) => (b.size > a.size ? b : a));
    throw new TrainerError(
      'bad-recipe',
      `The ${half} has ${total} weights, expected at most ${MOST_WEIGHTS}: its file cannot have more than 2 GiB. ` +
        `The largest parameter is ${name}, ${formatShape(shape)}. Make its layers smaller.`,
    );
  }
}

/** Encoder and decoder with their weights, as the bytes of two .onnx files; `change` has a last look at both. */
export function exportHalves(
  programs: Pick<Programs, 'encode' | 'decode'>,
  weights: State,
  change: (model: OnnxModel, half: HalfName) => OnnxModel = (model) => model,
): Halves {
  const write = (half: HalfName): Uint8Array => {
    const graph = graphOf(programs, half);
    const lowered = lower(graph, exportTarget, {
      weights: weightsOf(graph, weights),
      doc: docOf(half, graph),
    });
    return writeOnnx(change(simplify(lowered), half));
  };
  return { encoder: write('encoder'), decoder: write('decoder') };
}
