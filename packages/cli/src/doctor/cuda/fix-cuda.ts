import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CudaState } from '@vae/sdk/runtime';
import { createProgress, type Output, type Streams, UsageError } from '@vae/trainer/terminal';
import { confirmed, type Terminal } from '../confirm.js';
import { downloadBytes, installCuda, megabytes, planCuda, type Step, type Wheels } from './install.js';
import { packageIndex } from './package-index.js';
import { findPip } from './pip.js';
import type { WheelSource } from './source.js';
import { libraries, provider } from './wheels.js';

/** What is known of CUDA's files on this machine. */
export type CudaFiles = Pick<CudaState, 'binding' | 'provider' | 'libraries' | 'missing'>;

export interface FixCudaOptions {
  /** Do not ask before the download. */
  readonly yes?: boolean;
  readonly output: Output;
  readonly streams: Streams;
  readonly input?: Terminal['input'];
  readonly wheels?: Wheels;
  /** Default: pip where there is one, else the package index read without it. */
  readonly source?: WheelSource;
}

/**
 * Gets the CUDA provider and NVIDIA's libraries from the Python Package Index.
 *
 * @returns what was got: nothing where all is there, or the user said no
 * @throws UsageError when onnxruntime-node is not there or another version, and as `installCuda`
 */
export async function fixCuda(files: CudaFiles, options: FixCudaOptions): Promise<string[]> {
  const { yes, output, streams, input = process.stdin, wheels = { provider, libraries } } = options;
  const steps = await planCuda({ ...files, binding: bindingOf(files, wheels.provider.version) }, wheels);
  if (steps.length === 0) {
    output.note('CUDA: all files are in place already.');
    return [];
  }
  const source = options.source ?? (await findPip()) ?? packageIndex();
  const size = megabytes(downloadBytes(steps));
  output.note(`CUDA: ${size} from ${source.name}, under the licences of Microsoft and NVIDIA:`);
  for (const { wheel, folder } of steps) output.note(`  ${wheel.project} ${wheel.version} to ${folder}`);
  if (!yes && !(await confirmed(`Download ${size}?`, { input, output: streams.stderr }))) {
    output.note('CUDA: nothing was downloaded.');
    return [];
  }
  await download(steps, source, streams);
  output.note('CUDA: all files are in place.');
  return steps.map(({ wheel }) => `${wheel.project} ${wheel.version}`);
}

async function download(steps: readonly Step[], source: WheelSource, { stderr }: Streams): Promise<void> {
  const progress = createProgress({ stream: stderr, label: 'download', total: downloadBytes(steps) });
  try {
    await installCuda(steps, source, (bytes, { project }) => {
      progress.update({ done: bytes, fields: { [megabytes(bytes)]: project } });
    });
  } finally {
    progress.finish();
  }
}

/** Refuses an onnxruntime-node that the provider does not fit. */
function bindingOf({ binding }: CudaFiles, fitting: string): string {
  if (binding === undefined) {
    throw new UsageError(
      'CUDA needs onnxruntime-node, which is not there yet; run vae doctor --fix --device cpu first.',
    );
  }
  // bin/napi-v6/linux/x64 in the package.
  const manifest = join(binding, '..', '..', '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  if (version === fitting) return binding;
  throw new UsageError(
    `onnxruntime-node is ${version}, and the CUDA provider that is known here fits ${fitting} only; ` +
      `run: ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@${fitting}`,
  );
}
