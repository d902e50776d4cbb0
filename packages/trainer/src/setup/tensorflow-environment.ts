import { arch as thisArch } from 'node:process';
import {
  findEnvironment,
  type PythonEnvironment,
  type PythonEnvironmentOptions,
  pythonEnvironment,
} from './python-environment.js';

/** TensorFlow, tf2onnx and what decides whether they understand each other. */
const TENSORFLOW_VERSION = '2.21.0';
const TF2ONNX_VERSION = '1.17.0';

const shared: readonly string[] = [
  `tf2onnx==${TF2ONNX_VERSION}`,
  'onnx==1.23.2',
  'protobuf==7.36.2',
  'ml-dtypes==0.6.0',
  // The last releases for Python 3.10, then those for 3.11 and later.
  'numpy==2.2.6; python_version < "3.11"',
  'numpy==2.4.6; python_version >= "3.11"',
  'keras==3.12.4; python_version < "3.11"',
  'keras==3.15.1; python_version >= "3.11"',
];

/** CUDA 12 and cuDNN 9: what `tensorflow[and-cuda]` asks for, of which it pins little itself. */
const cudaLibraries: readonly string[] = [
  'nvidia-cublas-cu12==12.9.3.13',
  'nvidia-cuda-cupti-cu12==12.9.79',
  'nvidia-cuda-nvcc-cu12==12.9.86',
  'nvidia-cuda-nvrtc-cu12==12.9.86',
  'nvidia-cuda-runtime-cu12==12.9.79',
  'nvidia-cudnn-cu12==9.28.0.42',
  'nvidia-cufft-cu12==11.4.1.4',
  'nvidia-curand-cu12==10.3.10.19',
  'nvidia-cusolver-cu12==11.7.5.82',
  'nvidia-cusparse-cu12==12.5.10.65',
  'nvidia-nccl-cu12==2.32.3',
  'nvidia-nvjitlink-cu12==12.9.86',
];

/** What pip is asked for, without or with CUDA, on a processor's architecture. */
export function tensorflowRequirements({ gpu, arch = thisArch }: { gpu: boolean; arch?: string }): string[] {
  if (gpu) return [`tensorflow[and-cuda]==${TENSORFLOW_VERSION}`, ...cudaLibraries, ...shared];
  // There are tensorflow-cpu wheels for x64 only; elsewhere "tensorflow" itself is without CUDA.
  return [`${arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow'}==${TENSORFLOW_VERSION}`, ...shared];
}

/** Measured on x64 Linux with Python 3.11. */
const bytes = {
  cpu: { download: 350e6, installed: 1.75e9 },
  gpu: { download: 3.5e9, installed: 6.7e9 },
};

export interface TensorflowEnvironmentOptions
  extends Pick<PythonEnvironmentOptions, 'onNote' | 'signal' | 'rebuild' | 'run' | 'env'> {
  /** With CUDA's libraries or without; left out: whichever is there, else without. */
  readonly gpu?: boolean;
}

/**
 * The Python environment with TensorFlow and tf2onnx: tfjs-node's libraries and the conversion to ONNX are the same
 * installation.
 *
 * `$VAE_TENSORFLOW_PYTHON`, with CUDA `$VAE_TENSORFLOW_GPU_PYTHON`, names one that is there already.
 *
 * @throws TrainerError "setup-failed", see `pythonEnvironment`
 * @example
 * const { python } = await tensorflowEnvironment({ onNote: console.error });
 * // python -I -m tf2onnx.convert --saved-model DIR --output model.onnx
 */
export async function tensorflowEnvironment({
  gpu,
  ...options
}: TensorflowEnvironmentOptions = {}): Promise<PythonEnvironment> {
  if (gpu === undefined && !(options.env ?? process.env).VAE_TENSORFLOW_PYTHON) {
    const found = [false, true]
      .map((withCuda) => findTensorflowEnvironment(withCuda, options.env))
      .find((environment) => environment !== undefined);
    if (found) return found;
  }
  return pythonEnvironment({
    name: environmentName(gpu === true),
    requirements: tensorflowRequirements({ gpu: gpu === true }),
    newestMinor: 13,
    bytes: gpu ? bytes.gpu : bytes.cpu,
    ...options,
  });
}

const environmentName = (gpu: boolean): string => (gpu ? 'tensorflow-gpu' : 'tensorflow');

/** The environment in the cache, where it is ready; cheap. */
const findTensorflowEnvironment = (gpu: boolean, env?: NodeJS.ProcessEnv): PythonEnvironment | undefined =>
  findEnvironment(environmentName(gpu), tensorflowRequirements({ gpu }), env);
