/** A package of the Python Package Index, and what is wanted of it. Nothing of it is Python. */
export interface Wheel {
  readonly project: string;
  readonly version: string;
  /** Size of the file to download. */
  readonly downloadBytes: number;
  /** Size of the libraries in it. */
  readonly unpackedBytes: number;
  /** File names of the libraries, each after what it needs. */
  readonly libraries: readonly string[];
}

/**
 * ONNX Runtime's CUDA provider, which goes beside the binding of onnxruntime-node. Packages of the same version are
 * built from the same commit, and only such fit together.
 */
export const provider: Wheel = {
  project: 'onnxruntime-gpu',
  version: '1.30.0',
  downloadBytes: 246_685_715,
  unpackedBytes: 272_064_536,
  libraries: ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'],
};

/**
 * What the provider needs of CUDA 13 and cuDNN 9, which compiles kernels with NVRTC. cuFFT is left out: the provider
 * looks for it only when a model has a Fourier transform. So is libnvblas, which takes the place of the system's BLAS.
 */
export const libraries: readonly Wheel[] = [
  {
    project: 'nvidia-cuda-runtime',
    version: '13.5.37',
    downloadBytes: 2_504_024,
    unpackedBytes: 806_720,
    libraries: ['libcudart.so.13'],
  },
  {
    project: 'nvidia-cublas',
    version: '13.10.0.20',
    downloadBytes: 444_289_903,
    unpackedBytes: 608_935_360,
    libraries: ['libcublasLt.so.13', 'libcublas.so.13'],
  },
  {
    project: 'nvidia-curand',
    version: '10.4.5.25',
    downloadBytes: 77_113_015,
    unpackedBytes: 104_860_296,
    libraries: ['libcurand.so.10'],
  },
  {
    project: 'nvidia-cuda-nvrtc',
    version: '13.5.37',
    downloadBytes: 58_185_930,
    unpackedBytes: 148_431_960,
    libraries: ['libnvrtc-builtins.so.13.5', 'libnvrtc.so.13'],
  },
  {
    project: 'nvidia-cudnn-cu13',
    version: '9.28.0.42',
    downloadBytes: 516_782_127,
    unpackedBytes: 940_113_128,
    libraries: [
      'libcudnn_graph.so.9',
      'libcudnn_ops.so.9',
      'libcudnn_cnn.so.9',
      'libcudnn_adv.so.9',
      'libcudnn_ext.so.9',
      'libcudnn_heuristic.so.9',
      'libcudnn_engines_precompiled.so.9',
      'libcudnn_engines_runtime_compiled.so.9',
      'libcudnn_engines_tensor_ir.so.9',
      'libcudnn.so.9',
    ],
  },
];
