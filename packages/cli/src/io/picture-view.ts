import type { Tensor, VAE } from '@vae/sdk';
import { UsageError } from '@vae/trainer/terminal';

/** Latents that are drawn for a model of any size have this height and width. */
const openSide = 32;

/**
 * A model as commands see it: images are [N, C, H, W] in 0 to 1, whatever the order of axes and the range of its own. A
 * size of -1 in `dataShape` or `latentShape` is any size.
 *
 * @throws UsageError for images whose values or axes cannot be brought there
 */
export function pictureView(vae: VAE): VAE {
  const { kind, layout, range } = vae.data;
  const usual = layout === 'chw' && (!range || (range[0] === 0 && range[1] === 1));
  if (kind !== 'image') return vae;
  if (layout === 'flat') {
    throw new UsageError(
      `"${vae.name}" takes images as rows of ${vae.dataShape} pixels, which no command writes; a program with @vae/sdk can use it.`,
    );
  }
  const own = new Map<PropertyKey, unknown>(
    Object.entries(usual ? sampling(vae) : { ...sampling(vae), ...converting(vae) }),
  );
  return new Proxy(vae, {
    get(target, key) {
      if (own.has(key)) return own.get(key);
      if (key === 'likelihood' && !usual) assertUnitRange(vae);
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Methods and properties in which the view of images differs. */
type Overrides = Partial<Pick<VAE, 'data' | 'dataShape'>> & Record<string, unknown>;

function converting(vae: VAE): Overrides {
  const { layout, range = [0, 1], shape } = vae.data;
  const toOwn = (images: Tensor) => reordered(scaled(images, [0, 1], range), layout, 'to own');
  const fromOwn = (images: Tensor) => reordered(images, layout, 'from own');
  const pictures = (images: Tensor) => scaled(fromOwn(images), range, [0, 1]);
  const { decode, sample } = { decode: vae.decode.bind(vae), sample: sampling(vae).sample };
  const dataShape = layout === 'hwc' ? [shape[2], shape[0], shape[1]] : shape;
  return {
    dataShape,
    data: { ...vae.data, shape: dataShape, layout: 'chw', range: [0, 1] },
    encode: (images: Tensor, options?: Parameters<VAE['encode']>[1]) => vae.encode(toOwn(images), options),
    async decode(z: Tensor, options?: Parameters<VAE['decode']>[1]) {
      const values = await decode(z, options);
      // Logits have no range.
      return options?.logits ? fromOwn(values) : pictures(values);
    },
    reconstruct: async (images: Tensor, options?: Parameters<VAE['reconstruct']>[1]) =>
      pictures(await vae.reconstruct(toOwn(images), options)),
    sample: async (...given: Parameters<typeof sample>) => pictures(await sample(...given)),
    async interpolate(a: Tensor, b: Tensor, options: Parameters<VAE['interpolate']>[2] & object) {
      const end = (value: Tensor) => (options.from === 'data' ? toOwn(value) : value);
      return pictures(await vae.interpolate(end(a), end(b), { ...options, stream: false }));
    },
  };
}

type SampleOptions = Exclude<Parameters<VAE['sample']>[1], undefined>;

function sampling(vae: VAE) {
  const shape = closedShape(vae.latentShape);
  return {
    sample: (n: number, options: SampleOptions) => vae.sample(n, { shape, ...options, stream: false }),
  };
}

/** The shape with a size where any is taken. */
export function closedShape(shape: readonly number[]): readonly number[] {
  return shape.map((size) => (size === -1 ? openSide : size));
}

/** Values from one range in another; both ends are exact. */
function scaled(
  { data, shape }: Tensor,
  [a, b]: readonly [number, number],
  [low, high]: readonly [number, number],
): Tensor {
  if (a === low && b === high) return { data, shape };
  const values = data.map((value) => {
    const level = (value - a) / (b - a);
    return (1 - level) * low + level * high;
  });
  return { data: values, shape };
}

/** [N, C, H, W] as [N, H, W, C] or back, where the model has its channels last. */
function reordered(images: Tensor, layout: VAE['data']['layout'], way: 'to own' | 'from own'): Tensor {
  if (layout !== 'hwc') return images;
  const [count, ...item] = images.shape as [number, number, number, number];
  const [channels, height, width] = way === 'to own' ? item : [item[2], item[0], item[1]];
  const pixels = height * width;
  const data = new Float32Array(images.data.length);
  for (let n = 0, start = 0; n < count; n++, start += pixels * channels) {
    for (let i = 0; i < pixels; i++) {
      for (let c = 0; c < channels; c++) {
        const [first, last] = [start + c * pixels + i, start + i * channels + c];
        if (way === 'to own') data[last] = images.data[first];
        else data[first] = images.data[last];
      }
    }
  }
  return {
    data,
    shape: way === 'to own' ? [count, height, width, channels] : [count, channels, height, width],
  };
}

/** A likelihood is of values in the model's own range. */
function assertUnitRange({ name, data: { range } }: VAE): void {
  if (!range || (range[0] === 0 && range[1] === 1)) return;
  throw new UsageError(
    `"${name}" has values from ${range.join(' to ')}; densities are computed for values from 0 to 1, so there is no bound. Compare pictures instead: vae reconstruct`,
  );
}
