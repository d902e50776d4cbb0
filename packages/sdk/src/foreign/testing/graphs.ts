import type { ModelSpec } from '../../model.js';
import { type Bytes, graph, model, node, value } from '../../onnx/testing/protobuf.js';
import type { ForeignFile, ForeignFiles } from '../files.js';
import { openForeign } from '../open.js';
import type { ForeignOptions } from '../options.js';

/** Graphs of others, as far as their inputs and outputs go, for tests. Not published. */

export type Dims = readonly (number | string)[];

export interface GraphSketch {
  readonly input?: readonly [name: string, dims?: Dims, type?: number];
  /** Sizes by name; undefined for an output of unknown rank. */
  readonly outputs: Readonly<Record<string, Dims | undefined>>;
  /** When left out, every output is a dense layer of the input. */
  readonly nodes?: readonly Bytes[];
}

export function sketch({ input = ['x', ['N', 6]], outputs, nodes }: GraphSketch): Uint8Array {
  const [name, dims, type] = input;
  return model(
    graph({
      nodes: nodes ?? dense(name, ...Object.keys(outputs)),
      inputs: [value(name, dims, type)],
      outputs: Object.entries(outputs).map(([output, sizes]) => value(output, sizes)),
    }),
  );
}

/** Dense layers of one value. */
export function dense(input: string, ...outputs: readonly string[]): readonly Bytes[] {
  return outputs.map((output) => node('Gemm', [input, 'weight'], [output]));
}

/** Nodes that draw the output from the mean. */
export function drawn(output: string): readonly Bytes[] {
  return [node('RandomNormalLike', ['mean'], ['eps']), node('Add', ['mean', 'eps'], [output])];
}

export function fileOf(bytes: Uint8Array, where: string): ForeignFile {
  return { where, read: async () => bytes };
}

export interface Halves {
  readonly encoder?: Uint8Array | GraphSketch;
  readonly decoder?: Uint8Array | GraphSketch;
  readonly config?: object;
  /** The caller names the config.json himself. */
  readonly given?: boolean;
}

/** Files as the loader hands them over. */
export function filesOf({ encoder, decoder, config, given }: Halves): ForeignFiles {
  const file = (half: Uint8Array | GraphSketch, where: string) =>
    fileOf(half instanceof Uint8Array ? half : sketch(half), where);
  const [where, bytes] = ['config.json', new TextEncoder().encode(JSON.stringify(config))] as const;
  return {
    name: 'theirs',
    ...(encoder && { encoder: file(encoder, 'e.onnx') }),
    ...(decoder && { decoder: file(decoder, 'd.onnx') }),
    ...(config && {
      config: given ? { given: fileOf(bytes, where) } : { find: async () => ({ where, bytes }) },
    }),
  };
}

/** How files of others are used, by what they say of themselves and by options. */
export async function specOf(halves: Halves, options: ForeignOptions = {}): Promise<ModelSpec> {
  return (await openForeign(filesOf(halves), options)).spec;
}
