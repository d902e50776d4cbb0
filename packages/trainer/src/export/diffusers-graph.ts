import type { Manifest } from '@vae/sdk/manifest';
import { elementTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from '../onnx/model.js';
import { namesFor } from '../onnx/names.js';
import type { HalfName } from './halves.js';

/** Names of diffusers' and optimum's ONNX files: pixels in −1..1, moments (mean, then log-variance), latents. */
export const diffusersNames = {
  pixels: 'sample',
  moments: 'latent_parameters',
  latents: 'latent_sample',
} as const;

/** The nodes and constants around a graph that change its interface. */
class Wrapper {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  private readonly unique: (stem: string) => string;

  constructor(model: OnnxModel) {
    this.unique = namesFor(model);
  }

  node(
    op: string,
    inputs: string[],
    attributes: OnnxNode['attributes'] = {},
    output = this.unique(op),
  ): string {
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  number(value: number): string {
    const name = this.unique('number');
    this.initializers.push({ name, type: 'float32', dims: [], data: Float32Array.of(value) });
    return name;
  }

  reshape(input: string, sample: readonly number[], output?: string): string {
    const name = this.unique('shape');
    this.initializers.push({ name, type: 'int64', dims: [sample.length + 1], data: [-1, ...sample] });
    return this.node('Reshape', [input, name], {}, output);
  }

  /** input · factor + offset */
  line(input: string, factor: number, offset: number, output?: string): string {
    const scaled = this.node('Mul', [input, this.number(factor)]);
    return this.node('Add', [scaled, this.number(offset)], {}, output);
  }
}

/** Half the width of the range of the data, and its middle. */
function rangeOf({ data: { range = [0, 1] } }: Manifest): { half: number; middle: number } {
  const [low, high] = range;
  return { half: (high - low) / 2, middle: (low + high) / 2 };
}

function encoderFrom(model: OnnxModel, manifest: Manifest): OnnxModel {
  const { half, middle } = rangeOf(manifest);
  const [size] = manifest.latent.shape;
  const threshold = manifest.data.preprocess?.binarize;
  const before = new Wrapper(model);
  if (typeof threshold === 'number') {
    const isAbove = before.node('Greater', [
      diffusersNames.pixels,
      before.number((threshold - middle) / half),
    ]);
    before.node('Cast', [isAbove], { to: elementTypes.float32 }, 'x');
  } else before.line(diffusersNames.pixels, half, middle, 'x');

  const after = new Wrapper({
    ...model,
    nodes: [...model.nodes, ...before.nodes],
    initializers: [...model.initializers, ...before.initializers],
  });
  const isGaussian = manifest.latent.kind === 'gaussian';
  const name = isGaussian ? diffusersNames.moments : diffusersNames.latents;
  const split = model.nodes.find(({ op, outputs }) => op === 'Split' && String(outputs) === 'mean,logvar');
  const joined = (): string => split?.inputs[0] ?? after.node('Concat', ['mean', 'logvar'], { axis: 1 });
  const channels = isGaussian ? 2 * size : size;
  after.reshape(isGaussian ? joined() : 'mean', [channels, 1, 1], name);
  return {
    ...model,
    inputs: [{ name: diffusersNames.pixels, dims: model.inputs[0].dims, doc: 'pixels, values in -1..1' }],
    outputs: [{ name, dims: ['N', channels, 1, 1] }],
    nodes: [...before.nodes, ...model.nodes.filter((node) => node !== split), ...after.nodes],
    initializers: [...model.initializers, ...before.initializers, ...after.initializers],
  };
}

function decoderFrom(model: OnnxModel, manifest: Manifest): OnnxModel {
  const { half, middle } = rangeOf(manifest);
  const [size] = manifest.latent.shape;
  const before = new Wrapper(model);
  before.reshape(diffusersNames.latents, [size], 'z');
  const after = new Wrapper({
    ...model,
    nodes: [...model.nodes, ...before.nodes],
    initializers: [...model.initializers, ...before.initializers],
  });
  after.line('x', 1 / half, -middle / half, diffusersNames.pixels);
  const [x] = model.outputs.filter(({ name }) => name === 'x');
  return {
    ...model,
    inputs: [{ name: diffusersNames.latents, dims: ['N', size, 1, 1], doc: 'latent vectors' }],
    outputs: [{ name: diffusersNames.pixels, dims: x.dims }],
    nodes: [...before.nodes, ...model.nodes, ...after.nodes],
    initializers: [...model.initializers, ...before.initializers, ...after.initializers],
  };
}

/**
 * A half of ours with the interface of diffusers and optimum: `sample` [N, C, H, W] in −1..1 to `latent_parameters`
 * [N, 2D, 1, 1] (`latent_sample` [N, D, 1, 1] for a plain autoencoder), and `latent_sample` to `sample`. A vector
 * of D latents is D channels of one pixel. The threshold of a model of binary data is part of the encoder's graph.
 *
 * @see optimum's exporter configurations VaeEncoderOnnxConfig and VaeDecoderOnnxConfig
 * @example writeOnnx(toDiffusers(model, 'encoder', manifest))
 */
export const toDiffusers = (model: OnnxModel, half: HalfName, manifest: Manifest): OnnxModel =>
  half === 'encoder' ? encoderFrom(model, manifest) : decoderFrom(model, manifest);
