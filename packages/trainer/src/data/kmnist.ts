import { mnistFormat } from './mnist-format.js';

/**
 * Handwritten Japanese characters (cursive hiragana): 60,000 training and 10,000 test images, 28×28, white on black.
 *
 * @see Clanuwat et al. 2018, arXiv:1812.01718; checksums as TensorFlow Datasets has them
 */
export const kmnist = mnistFormat({
  name: 'kmnist',
  summary: 'handwritten Japanese characters, 21 MB download, cached',
  classes: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
  mirrors: ['http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
  sha256: {
    'train-images-idx3': '51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4',
    'train-labels-idx1': 'e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17',
    't10k-images-idx3': 'edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5',
    't10k-labels-idx1': '20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c',
  },
});
