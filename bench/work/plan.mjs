// A recipe with everything worked out that frameworks name or default differently: extents, pads, the scale of the
// initial weights. Each peer builds its networks from a plan, layer by layer, and knows nothing of recipes.

const product = (numbers) => numbers.reduce((total, number) => total * number, 1);
const pair = (value) => (typeof value === 'number' ? [value, value] : value);

/** Glorot's and He's initial weights: the limit of a uniform draw or the deviation of a normal one. */
const inits = {
  glorotUniform: (fanIn, fanOut) => ({ kind: 'uniform', scale: Math.sqrt(6 / (fanIn + fanOut)) }),
  glorotNormal: (fanIn, fanOut) => ({ kind: 'normal', scale: Math.sqrt(2 / (fanIn + fanOut)) }),
  heUniform: (fanIn) => ({ kind: 'uniform', scale: Math.sqrt(6 / fanIn) }),
  heNormal: (fanIn) => ({ kind: 'normal', scale: Math.sqrt(2 / fanIn) }),
};

function denseLayer(inputs, units, init) {
  return { type: 'dense', inputs, units, init: inits[init](inputs, units), weights: (inputs + 1) * units };
}

/** Extents of a convolution's result, or of a transposed one's, along one axis. */
const convExtent = (size, kernel, stride, before, after) =>
  Math.floor((size + before + after - kernel) / stride) + 1;
const transposedExtent = (size, kernel, stride, before, after, extra) =>
  (size - 1) * stride + kernel - before - after + extra;

/** Rows in front and behind, the odd one behind, as TensorFlow's SAME has it. */
const halves = (total) => [Math.floor(total / 2), total - Math.floor(total / 2)];

/** [before, after] along one axis. */
function padsAlong(axis, { padding = 'valid' }, total) {
  if (padding === 'valid') return [0, 0];
  if (padding === 'same') return halves(Math.max(total, 0));
  return typeof padding === 'number' ? [padding, padding] : [padding[axis], padding[axis + 2]];
}

/** How one convolution goes along one axis; `symmetric` is a padding, the same on both sides, for the same extents. */
function convAlong(axis, spec, size, kernel, stride) {
  const [before, after] = padsAlong(axis, spec, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  const extent = convExtent(size, kernel, stride, before, after);
  const fits = (p) => convExtent(size, kernel, stride, p, p) === extent;
  const symmetric = before === after ? before : [...Array(kernel).keys()].find(fits);
  const same = extent === Math.ceil(size / stride);
  return { before, after, extra: 0, extent, symmetric, symmetricExtra: 0, same };
}

function transposedAlong(axis, spec, size, kernel, stride) {
  const [before, after] = padsAlong(axis, spec, kernel - stride);
  const named = typeof spec.padding !== 'number' && !Array.isArray(spec.padding);
  const extra = named ? Math.max(stride - kernel, 0) : pair(spec.outputPadding ?? 0)[axis];
  const extent = transposedExtent(size, kernel, stride, before, after, extra);
  const extraFor = (p) => extent - transposedExtent(size, kernel, stride, p, p, 0);
  const symmetric =
    before === after
      ? before
      : [...Array(kernel).keys()].find((p) => extraFor(p) >= 0 && extraFor(p) < stride);
  const same = extent === size * stride;
  return { before, after, extra, extent, symmetric, symmetricExtra: extraFor(symmetric), same };
}

function windowLayer(spec, [channels, ...size], { dataShape, init }) {
  const transposed = spec.type === 'conv2dTranspose';
  const [kernel, strides] = [pair(spec.kernel), pair(spec.stride ?? 1)];
  const along = transposed ? transposedAlong : convAlong;
  const axes = [0, 1].map((axis) => along(axis, spec, size[axis], kernel[axis], strides[axis]));
  const filters = spec.filters === 'channels' ? dataShape[0] : spec.filters;
  const area = product(kernel);
  const known = axes.every(({ symmetric }) => symmetric !== undefined);
  return {
    type: spec.type,
    channels,
    filters,
    kernel,
    strides,
    size,
    extents: axes.map(({ extent }) => extent),
    /** top, left, bottom, right */
    pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
    outputPadding: axes.map(({ extra }) => extra),
    symmetric: known
      ? { padding: axes.map((a) => a.symmetric), outputPadding: axes.map((a) => a.symmetricExtra) }
      : null,
    /** Whether TensorFlow's SAME gives these extents. */
    same: axes.every((a) => a.same),
    init: inits[spec.init ?? init](channels * area, filters * area),
    weights: channels * filters * area + filters,
  };
}

const activations = ['relu', 'leakyRelu', 'elu', 'gelu', 'silu', 'tanh', 'sigmoid', 'softplus'];

function activation({ type, alpha }) {
  // Not every peer has another one.
  if (type === 'elu' && alpha !== 1) throw new Error(`elu: the benchmark has alpha 1 only, got ${alpha}.`);
  return { type: 'activation', name: type, alpha: type === 'leakyRelu' ? alpha : undefined };
}

/** A scale and a shift: for each channel of groupNorm, for each number of a sample of layerNorm. */
function normalisation({ type, groups, epsilon }, shape) {
  const count = type === 'groupNorm' ? shape[0] : product(shape);
  return { type, groups, epsilon, shape, weights: 2 * count };
}

const weightsOf = (layers) => layers.reduce((total, { weights = 0 }) => total + weights, 0);

/** Layers beside a shortcut, which is empty where what comes in is added as it is. */
function residual(spec, shape, context) {
  const main = stack(spec.layers, shape, context);
  const shortcut = stack(spec.shortcut ?? [], shape, context).layers;
  const weights = weightsOf([...main.layers, ...shortcut]);
  return { layer: { type: 'residual', layers: main.layers, shortcut, weights }, shape: main.shape };
}

/** One layer of a plan and the shape behind it. */
function layerOf(spec, shape, context) {
  const { type } = spec;
  if (spec.bias === false) throw new Error(`${type}: the benchmark has no layers without a bias.`);
  if (activations.includes(type)) return { layer: activation(spec), shape };
  if (type === 'dropout') return { layer: { type, keep: spec.keep }, shape };
  if (type === 'flatten') return { layer: { type, from: shape }, shape: [product(shape)] };
  if (type === 'reshape') return { layer: { type, shape: spec.shape }, shape: spec.shape };
  if (type === 'groupNorm' || type === 'layerNorm') return { layer: normalisation(spec, shape), shape };
  if (type === 'residual') return residual(spec, shape, context);
  if (type === 'dense') {
    const units = spec.units === 'data' ? product(context.dataShape) : spec.units;
    return { layer: denseLayer(shape[0], units, spec.init ?? context.init), shape: [units] };
  }
  if (type === 'conv2d' || type === 'conv2dTranspose') {
    const layer = windowLayer(spec, shape, context);
    return { layer, shape: [layer.filters, ...layer.extents] };
  }
  throw new Error(
    `The benchmark's peers have no layer "${type}". Known: ${activations.join(', ')}, dropout, flatten, reshape, groupNorm, layerNorm, residual, dense, conv2d, conv2dTranspose.`,
  );
}

function stack(specs, shape, context) {
  const layers = [];
  for (const spec of specs) {
    const made = layerOf(spec, shape, context);
    layers.push(made.layer);
    shape = made.shape;
  }
  return { layers, shape };
}

function encoderOf({ model }, context) {
  const { layers, shape } = stack(model.encoder, context.dataShape, context);
  if (shape.length > 1) layers.push({ type: 'flatten', from: shape });
  const units = model.heads === 'joint' ? [2 * model.latent] : [model.latent, model.latent];
  return { layers, heads: units.map((count) => denseLayer(product(shape), count, context.init)) };
}

const objectives = {
  elbo: ({ kl = 'closedForm' }) => ({ kl, beta: 1 }),
  betaVae: ({ kl = 'closedForm', beta = 4 }) => ({ kl, beta }),
};

function checked(recipe) {
  const { name, likelihood, objective, optimizer } = recipe;
  const known =
    (likelihood.type === 'bernoulli' || typeof likelihood.variance === 'number') &&
    Object.hasOwn(objectives, objective.type) &&
    typeof (objective.beta ?? 1) === 'number' &&
    optimizer.type === 'adam' &&
    typeof optimizer.learningRate === 'number';
  if (!known)
    throw new Error(
      `${name}: the benchmark's peers have bernoulli and gaussian likelihoods, the objectives ` +
        `${Object.keys(objectives).join(' and ')}, and Adam, all without schedules.`,
    );
  return recipe;
}

/**
 * The plan of a recipe.
 *
 * @param recipe from `loadRecipe`
 * @param dataShape channels, height, width of a sample
 * @returns plain data: `shape`, `latent`, `encoder`, `heads`, `decoder`, `likelihood`, `objective`, `optimizer`,
 *   `parameters` (their number)
 * @throws Error for a recipe that the peers cannot build
 */
export function planOf(recipe, dataShape) {
  const { name, model, likelihood, objective, optimizer } = checked(recipe);
  const context = { dataShape, init: model.init };
  const encoder = encoderOf(recipe, context);
  const decoder = stack(model.decoder, [model.latent], context).layers;
  const all = [...encoder.layers, ...encoder.heads, ...decoder];
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = optimizer;
  return {
    name,
    shape: dataShape,
    latent: model.latent,
    encoder: encoder.layers,
    heads: encoder.heads,
    decoder,
    likelihood,
    objective: objectives[objective.type](objective),
    optimizer: { learningRate, beta1, beta2, epsilon },
    parameters: weightsOf(all),
  };
}

/** Layers, those that they hold among them. */
export const everyLayer = (layers) =>
  layers.flatMap((layer) => [layer, ...everyLayer([...(layer.layers ?? []), ...(layer.shortcut ?? [])])]);

/** Whether a plan has convolutions, for which the layout of images matters. */
export const isConvolutional = ({ encoder, decoder }) =>
  everyLayer([...encoder, ...decoder]).some(({ type }) => type.startsWith('conv2d'));

/** Refuses, in a peer that has only layers of these types, a plan with others. */
export function requireTypes({ encoder, decoder }, types) {
  const other = everyLayer([...encoder, ...decoder]).find(({ type }) => !types.includes(type));
  if (other) throw new Error(`this peer has no layer "${other.type}"`);
}
