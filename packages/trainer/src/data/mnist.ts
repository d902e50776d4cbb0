import { mnistFormat } from './mnist-format.js';

/**
 * Handwritten digits: 60,000 training and 10,000 test images, 28×28, white on black.
 *
 * @see LeCun, Cortes, Burges, http://yann.lecun.com/exdb/mnist/
 */
export const mnist = mnistFormat({
  name: 'mnist',
  summary: 'handwritten digits, 12 MB download, cached',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  mirrors: [
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
  ],
  sha256: {
    'train-images-idx3': 'db8f937d487057fb14a9f0fbe97f0bc8d311ab41b750d41e1ff37c43b9e55e19',
    'train-labels-idx1': '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
    't10k-images-idx3': '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
    't10k-labels-idx1': 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
  },
});
