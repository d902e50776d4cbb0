import { existsSync } from 'node:fs';

const named = process.env.VAE_TEST_TENSORFLOW_PYTHON;

/** A Python with tf2onnx and TensorFlow; tests that need one are skipped by name where there is none. */
export const tensorflowPython: string | undefined = named && existsSync(named) ? named : undefined;
