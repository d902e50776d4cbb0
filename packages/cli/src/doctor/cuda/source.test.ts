import { expect, it } from 'vitest';
import { isTheBuild } from './source.js';
import { libraries, provider } from './wheels.js';

it.each([
  ['onnxruntime_gpu-1.30.0-cp312-cp312-manylinux_2_28_x86_64.whl', true],
  ['onnxruntime_gpu-1.30.0-cp311-cp311-manylinux_2_28_x86_64.whl', false],
  ['onnxruntime_gpu-1.30.0-cp312-cp312-win_amd64.whl', false],
  ['onnxruntime_gpu-1.30.0-cp312-cp312-manylinux_2_28_aarch64.whl', false],
  ['onnxruntime_gpu-1.30.1-cp312-cp312-manylinux_2_28_x86_64.whl', false],
  ['onnxruntime_gpu-1.30.0.tar.gz', false],
])('%s: %s', (filename, expected) => {
  expect(isTheBuild(filename, provider)).toBe(expected);
});

it('takes wheels that are for any Python, with several platforms', () => {
  const [runtime] = libraries;
  const platforms = 'manylinux2014_x86_64.manylinux_2_17_x86_64';
  expect(isTheBuild(`nvidia_cuda_runtime-${runtime!.version}-py3-none-${platforms}.whl`, runtime!)).toBe(
    true,
  );
});
