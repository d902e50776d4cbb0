/** TensorFlow.js, whichever of its packages it came from: they export the same operators. */
export type Tf = typeof import('@tensorflow/tfjs');
