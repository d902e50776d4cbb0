// A training step in jax-js on WebAssembly: `valueAndGrad` and Adam in one jitted function.
// Usage: jax_js_train.mjs NPM_FOLDER
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Batches, serve } from '../harness/protocol.mjs';
import { requireTypes } from '../work/plan.mjs';

const LOG_TWO_PI = Math.log(2 * Math.PI);
const product = (numbers) => numbers.reduce((total, number) => total * number, 1);

const manifest = join(process.argv[2], 'node_modules/@jax-js/jax/package.json');
const { version } = createRequire(manifest)(manifest);
const jax = await import(pathToFileURL(join(manifest, '../dist/index.js')));
const { numpy: np, lax, nn } = jax;

const types = ['activation', 'flatten', 'reshape', 'dropout', 'dense', 'conv2d', 'conv2dTranspose'];

serve(async ({ plan, batch, data }) => {
  requireTypes(plan, types);
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const layers = [...plan.encoder, ...plan.heads, ...plan.decoder].filter(({ weights }) => weights);
  let state = initialState(layers);
  const noises = noisesOf(plan, batch);
  const batches = new Batches(data.path, product(plan.shape));
  const update = jax.jit(updateFunction(plan, batch));
  let count = 0;

  const step = async () => {
    const { beta1, beta2 } = plan.optimizer;
    count++;
    const x = np.array(batches.gather(batches.indices(batch))).reshape([batch, ...plan.shape]);
    const drawn = noises.map(({ shape, draw }) =>
      np.array(Float32Array.from({ length: product(shape) }, draw)).reshape(shape),
    );
    const corrections = np.array([1 - beta1 ** count, 1 - beta2 ** count]);
    const { loss, ...next } = update(state, x, drawn, corrections);
    state = next;
    await jax.blockUntilReady(state.weights);
    return (await loss.data())[0];
  };
  const parameters = layers.reduce((total, { weights }) => total + weights, 0);
  return { loss: await step(), parameters, description: `jax-js ${version}, wasm`, step };
});

const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

/** Shape of a layer's weights; of its biases where they are added. */
const shapesOf = ({ type, inputs, units, channels, filters, kernel }) =>
  type === 'dense'
    ? { kernel: [inputs, units], bias: [units] }
    : { kernel: [filters, channels, ...kernel], bias: [1, filters, 1, 1] };

function initialState(layers) {
  const filled = (shape, draw) =>
    np.array(Float32Array.from({ length: product(shape) }, draw)).reshape(shape);
  const draws = {
    normal: (scale) => () => scale * normal(),
    uniform: (scale) => () => scale * (2 * Math.random() - 1),
  };
  const tensors = (draw) =>
    layers.flatMap((layer) => {
      const { kernel, bias } = shapesOf(layer);
      return [filled(kernel, draw(layer)), filled(bias, () => 0)];
    });
  const zeros = () => tensors(() => () => 0);
  return { weights: tensors(({ init }) => draws[init.kind](init.scale)), means: zeros(), squares: zeros() };
}

/** What is drawn for each step: for the latents, then for each dropout layer in order. */
function noisesOf(plan, batch) {
  const masks = [...plan.encoder, ...plan.decoder].flatMap((layer, index, all) =>
    layer.type === 'dropout' ? [maskOf(layer, all.slice(0, index), batch)] : [],
  );
  return [{ shape: [batch, plan.latent], draw: normal }, ...masks];
}

function maskOf({ keep }, before, batch) {
  const { units } = before.findLast(({ type }) => type === 'dense');
  return { shape: [batch, units], draw: () => (Math.random() < keep ? 1 / keep : 0) };
}

function activated({ name, alpha }, x) {
  if (name === 'leakyRelu') return nn.leakyRelu(x, alpha);
  if (name === 'gelu') return nn.gelu(x, { approximate: false });
  return name === 'tanh' ? np.tanh(x) : nn[name](x);
}

const linear = (x, [kernel, bias]) => np.matmul(x, kernel).add(bias);

function convolved({ type, strides, kernel, pads, outputPadding }, x, [weight, bias]) {
  const pairs = [0, 1].map((axis) => [pads[axis], pads[axis + 2]]);
  if (type === 'conv2d') return lax.convGeneralDilated(x, weight, strides, pairs).add(bias);
  const around = pairs.map(([before, after], axis) => [
    kernel[axis] - 1 - before,
    kernel[axis] - 1 - after + outputPadding[axis],
  ]);
  return lax.convGeneralDilated(x, weight, [1, 1], around, { lhsDilation: strides }).add(bias);
}

/** Runs layers; each takes its weights and noise off the front of the queues. */
function forward(layers, x, weights, masks, batch) {
  const taken = () => weights.splice(0, 2);
  for (const layer of layers) {
    if (layer.type === 'activation') x = activated(layer, x);
    else if (layer.type === 'flatten') x = x.reshape([batch, product(layer.from)]);
    else if (layer.type === 'reshape') x = x.reshape([batch, ...layer.shape]);
    else if (layer.type === 'dropout') x = x.mul(masks.shift());
    else x = layer.type === 'dense' ? linear(x, taken()) : convolved(layer, x, taken());
  }
  return x;
}

function densityOf({ likelihood }) {
  if (likelihood.type === 'bernoulli')
    return (x, logits) => {
      const tail = np.log1p(np.exp(np.abs(logits.ref).neg()));
      return nn.relu(logits.ref).sub(logits.mul(x)).add(tail);
    };
  const constant = 0.5 * (LOG_TWO_PI + Math.log(likelihood.variance));
  return (x, mean) =>
    np
      .square(x.sub(mean))
      .mul(0.5 / likelihood.variance)
      .add(constant);
}

const divergences = {
  closedForm: (mean, logvar, z) => {
    z.dispose();
    return np.square(mean).add(np.exp(logvar.ref)).sub(logvar).sub(1).mul(0.5);
  },
  sampled: (mean, logvar, z) => {
    const distance = np.square(z.ref.sub(mean)).mul(np.exp(logvar.ref.neg()));
    return np.square(z).sub(distance).sub(logvar).mul(0.5);
  },
};

/** Loss of a batch, mean over samples. In jax-js a use consumes an array unless it is asked for by `.ref`. */
function lossFunction(plan, batch) {
  const density = densityOf(plan);
  return (given, x, [eps, ...masks]) => {
    const weights = [...given];
    const h = forward(plan.encoder, x.ref, weights, masks, batch);
    const heads = plan.heads.map((_, index, { length }) =>
      linear(index + 1 < length ? h.ref : h, weights.splice(0, 2)),
    );
    const [mean, logvar] = heads.length === 2 ? heads : np.split(heads[0], 2, 1);
    const z = mean.ref.add(np.exp(logvar.ref.mul(0.5)).mul(eps));
    const output = forward(plan.decoder, z.ref, weights, masks, batch);
    const reconstruction = np.sum(density(x.reshape(output.shape), output));
    const kl = np.sum(divergences[plan.objective.kl](mean, logvar, z));
    return reconstruction.add(kl.mul(plan.objective.beta)).div(batch);
  };
}

function updateFunction(plan, batch) {
  const { learningRate, beta1, beta2, epsilon } = plan.optimizer;
  const lossAndGradients = jax.valueAndGrad(lossFunction(plan, batch));
  const follow = (previous, next, decay) => previous.mul(decay).add(next.mul(1 - decay));
  return (state, x, noises, corrections) => {
    const [loss, gradients] = lossAndGradients(
      state.weights.map((weight) => weight.ref),
      x,
      noises,
    );
    const means = state.means.map((mean, i) => follow(mean, gradients[i].ref, beta1));
    const squares = state.squares.map((square, i) => follow(square, np.square(gradients[i]), beta2));
    const [first, second] = np.split(corrections, 2);
    const weights = state.weights.map((weight, i) => {
      const deviation = np.sqrt(squares[i].ref.div(second.ref)).add(epsilon);
      return weight.sub(means[i].ref.div(first.ref).div(deviation).mul(learningRate));
    });
    first.dispose();
    second.dispose();
    return { loss, weights, means, squares };
  };
}
