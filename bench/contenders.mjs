// Who takes part, by the name that `--peers` takes.
import { join } from 'node:path';
import { findPlace } from './harness/places.mjs';
import { isConvolutional } from './work/plan.mjs';

const here = (path) => join(import.meta.dirname, path);
const node = (script, ...args) => ({ program: process.execPath, args: [here(script), ...args] });

/** Libraries that do not ask how many threads to use read it here. */
const threadVariables = (threads) =>
  Object.fromEntries(
    ['OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS'].map((name) => [
      name,
      String(threads),
    ]),
  );

const inPython = (place, script, variant) => (threads) => {
  const { path, missing } = findPlace(place);
  if (missing) return { missing };
  return { command: { program: path, args: [here(script), variant], env: threadVariables(threads) } };
};

const inNode =
  (place, script, ...args) =>
  (threads) => {
    const { path, missing } = findPlace(place);
    if (missing) return { missing };
    return {
      command: {
        ...node(script, ...args, path),
        env: { ...threadVariables(threads), TF_CPP_MIN_LOG_LEVEL: '2' },
      },
    };
  };

const ours =
  (script, ...args) =>
  () => ({ command: node(script, ...args) });
const any = () => true;

/**
 * `find(threads)` gives a command or says what is missing; `fits(plan)` whether it has anything of its own to say about
 * that work; `usual` whether it takes part without being asked for; `peer`, whose best variant ours is held against.
 */
export const trainers = {
  ours: { label: 'ours', find: ours('ours/train.mjs'), fits: any, usual: any },
  torch: {
    label: 'PyTorch, NCHW',
    peer: 'PyTorch',
    find: inPython('torch', 'peers/torch_train.py', 'eager'),
    fits: any,
    usual: any,
  },
  'torch-channels-last': {
    label: 'PyTorch, channels last',
    peer: 'PyTorch',
    find: inPython('torch', 'peers/torch_train.py', 'channels_last'),
    fits: isConvolutional,
    usual: any,
  },
  'torch-compile': {
    label: 'PyTorch, compiled',
    peer: 'PyTorch',
    find: inPython('torch', 'peers/torch_train.py', 'compile'),
    fits: any,
    usual: any,
  },
  keras: {
    label: 'Keras on TensorFlow',
    peer: 'Keras',
    find: inPython('keras', 'peers/keras_train.py', 'graph'),
    fits: any,
    usual: any,
  },
  'keras-xla': {
    label: 'Keras on TensorFlow, XLA',
    peer: 'Keras',
    find: inPython('keras', 'peers/keras_train.py', 'xla'),
    fits: any,
    usual: () => false,
  },
  'tfjs-node': {
    label: 'TensorFlow.js, tfjs-node',
    peer: 'tfjs-node',
    find: inNode('tfjs-node', 'peers/tfjs_train.mjs', 'node'),
    fits: any,
    usual: any,
  },
  'tfjs-wasm': {
    label: 'TensorFlow.js, wasm',
    peer: 'tfjs-wasm',
    find: inNode('npm', 'peers/tfjs_train.mjs', 'wasm'),
    fits: any,
    usual: any,
  },
  'jax-js': {
    label: 'jax-js, wasm',
    peer: 'jax-js',
    find: inNode('npm', 'peers/jax_js_train.mjs'),
    fits: any,
    // Its convolutions take about a second per sample.
    usual: (plan) => !isConvolutional(plan),
  },
};

/** The matrix product that shares are taken of. */
export const peak = { label: 'matrix product', find: ours('ours/peak.mjs') };

export const inferrers = {
  ort: { label: 'ONNX Runtime, bare', find: ours('ours/inference.mjs', 'ort') },
  sdk: { label: 'SDK, `worker: false`', find: ours('ours/inference.mjs', 'sdk') },
  'sdk-workers': { label: 'SDK, workers', find: ours('ours/inference.mjs', 'sdk-workers') },
  torch: { label: 'PyTorch', find: inPython('torch', 'peers/torch_infer.py', 'eager') },
};
