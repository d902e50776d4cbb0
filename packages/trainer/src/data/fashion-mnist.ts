import { mnistFormat } from './mnist-format.js';

/**
 * Photographs of clothes: 60,000 training and 10,000 test images, 28×28, grey.
 *
 * @see Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747; checksums as TensorFlow Datasets has them
 */
export const fashionMnist = mnistFormat({
  name: 'fashion-mnist',
  summary: 'photographs of clothes, 31 MB download, cached',
  classes: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
  mirrors: ['http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/'],
  sha256: {
    'train-images-idx3': '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
    'train-labels-idx1': 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
    't10k-images-idx3': '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
    't10k-labels-idx1': '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
  },
});
