// A training step in TensorFlow.js: channels-last layers under `optimizer.minimize`.
// Usage: tfjs_train.mjs node PACKAGE_FOLDER | wasm NPM_FOLDER
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import util from 'node:util';
import { Batches, serve } from '../harness/protocol.mjs';
import { requireTypes } from '../work/plan.mjs';

const LOG_TWO_PI = Math.log(2 * Math.PI);
const [, , backend, folder] = process.argv;

const openers = {
  node: () => {
    // Gone since Node 23; tfjs-node 4.22.0 still asks them.
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    util.isArray ??= Array.isArray;
    const tf = createRequire(join(folder, 'package.json'))(folder);
    return {
      tf,
      description: `tfjs-node ${tf.version['tfjs-node'] ?? tf.version.tfjs}, TensorFlow ${tf.backend().binding.TF_Version}`,
    };
  },
  wasm: async (threads) => {
    const require = createRequire(join(folder, 'package.json'));
    const tf = require('@tensorflow/tfjs');
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist') + sep);
    wasm.setThreadsCount(threads);
    await tf.setBackend('wasm');
    addWeightGradient(tf);
    const used = (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')) ? wasm.getThreadsCount() : 1;
    return { tf, description: `tfjs ${tf.version.tfjs}, wasm backend, ${used} thread${used > 1 ? 's' : ''}` };
  },
};

serve(async ({ plan, batch, threads, data }) => {
  requireTypes(plan, Object.keys(makers));
  const { tf, description } = await openers[backend](threads);
  const model = networks(tf, plan);
  const lossOf = lossFunction(tf, plan, model);
  const { learningRate, beta1, beta2, epsilon } = plan.optimizer;
  const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
  const [channels, height, width] = plan.shape;
  const batches = new Batches(data.path, channels * height * width);
  const whole = tf.tensor(batches.data, [data.samples, height, width, channels]);

  const step = () => {
    const loss = tf.tidy(() => {
      const x = tf.gather(whole, tf.tensor1d(Int32Array.from(batches.indices(batch)), 'int32'));
      return optimizer.minimize(() => lossOf(x), true, model.weights);
    });
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  };
  const parameters = model.weights.reduce((total, { size }) => total + size, 0);
  return { loss: step(), parameters, description, step };
});

/**
 * The wasm backend has no gradient of a convolution's weights. One from its own kernels: for each place in the window,
 * the pixels that it meets times the gradient, as one matrix product.
 */
function addWeightGradient(tf) {
  const kernelFunc = ({ inputs: { x, dy }, attrs: { strides, pad, filterShape } }) =>
    tf.tidy(() => {
      const [batch, rows, columns, filters] = dy.shape;
      const [high, wide, channels] = filterShape;
      const { padInfo } = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
      const padded = tf.pad(x, [
        [0, 0],
        [padInfo.top, padInfo.bottom],
        [padInfo.left, padInfo.right],
        [0, 0],
      ]);
      const gradient = tf.reshape(dy, [-1, filters]);
      const [down, across] = typeof strides === 'number' ? [strides, strides] : strides;
      const tap = (i, j) => {
        const end = [batch, i + (rows - 1) * down + 1, j + (columns - 1) * across + 1, channels];
        const met = tf.stridedSlice(padded, [0, i, j, 0], end, [1, down, across, 1]);
        return tf.matMul(tf.reshape(met, [-1, channels]), gradient, true, false);
      };
      const taps = Array.from({ length: high * wide }, (_, k) => tap(Math.floor(k / wide), k % wide));
      return tf.reshape(tf.stack(taps), filterShape);
    });
  tf.registerKernel({ kernelName: 'Conv2DBackpropFilter', backendName: 'wasm', kernelFunc });
}

function networks(tf, plan) {
  const [channels, height, width] = plan.shape;
  const input = tf.input({ shape: [height, width, channels] });
  const features = stack(tf, plan.encoder, input);
  const encoder = tf.model({
    inputs: input,
    outputs: plan.heads.map((layer) => dense(tf, layer).apply(features)),
  });
  const latent = tf.input({ shape: [plan.latent] });
  const decoder = tf.model({ inputs: latent, outputs: stack(tf, plan.decoder, latent) });
  // The optimiser wants the variables inside the layers' own.
  const weights = [encoder, decoder].flatMap((half) => half.trainableWeights.map((weight) => weight.val));
  return { encoder, decoder, weights };
}

const stack = (tf, layers, x) => layers.reduce((value, layer) => makers[layer.type](tf, layer, value), x);

const makers = {
  activation: (tf, { name, alpha }, x) =>
    (name === 'leakyRelu'
      ? tf.layers.leakyReLU({ alpha })
      : tf.layers.activation({ activation: name === 'silu' ? 'swish' : name })
    ).apply(x),
  dropout: (tf, { keep }, x) => tf.layers.dropout({ rate: 1 - keep }).apply(x),
  flatten: (tf, _, x) => tf.layers.flatten().apply(x),
  reshape: (tf, { shape: [c, h, w] }, x) => tf.layers.reshape({ targetShape: [h, w, c] }).apply(x),
  dense: (tf, layer, x) => dense(tf, layer).apply(x),
  conv2d: (tf, layer, x) =>
    tf.layers.conv2d({ ...windowOf(tf, layer), padding: layer.same ? 'same' : 'valid' }).apply(x),
  // Without pads in numbers: as many rows as "same" gives, and those behind that are too many cut off.
  conv2dTranspose: (tf, layer, x) => {
    const y = tf.layers.conv2dTranspose({ ...windowOf(tf, layer), padding: 'same' }).apply(x);
    const cropping = [0, 1].map((axis) => [0, y.shape[1 + axis] - layer.extents[axis]]);
    return layer.same ? y : tf.layers.cropping2D({ cropping }).apply(y);
  },
};

const initializer = (tf, { kind, scale }) =>
  kind === 'normal'
    ? tf.initializers.randomNormal({ stddev: scale })
    : tf.initializers.randomUniform({ minval: -scale, maxval: scale });

const dense = (tf, { units, init }) => tf.layers.dense({ units, kernelInitializer: initializer(tf, init) });

const windowOf = (tf, { filters, kernel, strides, init }) => ({
  filters,
  kernelSize: kernel,
  strides,
  kernelInitializer: initializer(tf, init),
});

function lossFunction(tf, { likelihood, objective }, { encoder, decoder }) {
  const bernoulli = (x, logits) =>
    // max(l, 0) − l·x + log(1 + e^−|l|)
    tf.add(tf.sub(tf.relu(logits), tf.mul(logits, x)), tf.log1p(tf.exp(tf.neg(tf.abs(logits)))));
  const gaussian = (x, mean) => {
    const constant = 0.5 * (LOG_TWO_PI + Math.log(likelihood.variance));
    return tf.add(tf.mul(tf.square(tf.sub(x, mean)), 0.5 / likelihood.variance), constant);
  };
  const sampled = (mean, logvar, z) => {
    const distance = tf.mul(tf.square(tf.sub(z, mean)), tf.exp(tf.neg(logvar)));
    return tf.mul(0.5, tf.sub(tf.square(z), tf.add(distance, logvar)));
  };
  const closedForm = (mean, logvar) =>
    tf.mul(0.5, tf.sub(tf.add(tf.square(mean), tf.exp(logvar)), tf.add(logvar, 1)));
  const kl = { sampled, closedForm }[objective.kl];
  const density = likelihood.type === 'bernoulli' ? bernoulli : gaussian;
  return (x) => {
    const heads = encoder.apply(x, { training: true });
    const [mean, logvar] = Array.isArray(heads) ? heads : tf.split(heads, 2, 1);
    const z = tf.add(mean, tf.mul(tf.exp(tf.mul(0.5, logvar)), tf.randomNormal(mean.shape)));
    const output = decoder.apply(z, { training: true });
    const reconstruction = tf.sum(density(tf.reshape(x, output.shape), output));
    return tf.div(tf.add(reconstruction, tf.mul(objective.beta, tf.sum(kl(mean, logvar, z)))), x.shape[0]);
  };
}
