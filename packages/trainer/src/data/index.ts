import { audio } from './audio.js';
import { cifar10 } from './cifar10.js';
import { csv } from './csv.js';
import type { DataSource } from './dataset.js';
import { digits } from './digits.js';
import { fashionMnist } from './fashion-mnist.js';
import { idx } from './idx-source.js';
import { images } from './images.js';
import { jsonl } from './jsonl.js';
import { kmnist } from './kmnist.js';
import { mnist } from './mnist.js';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { parquet } from './parquet.js';

/** The data sets that can be named, by what stands before the colon. */
export const sources = {
  digits,
  mnist,
  'fashion-mnist': fashionMnist,
  kmnist,
  cifar10,
  images,
  npy,
  npz,
  idx,
  csv,
  parquet,
  jsonl,
  audio,
} as const satisfies Record<string, DataSource>;
