import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { preparedFolder, TFJS_VERSION } from '../../setup/tfjs/prepared.js';
import { openBackend } from './backends.js';
import { nativeCandidates } from './native.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-tfjs-'));
  vi.stubEnv('VAE_CACHE', join(folder, 'cache'));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A package that says why it does not load; $NAME stands for a variable of the environment. */
function install(inFolder: string, name: string, complaint: string): string {
  const path = join(inFolder, 'node_modules', '@tensorflow', name);
  mkdirSync(join(path, 'lib', 'napi-v8'), { recursive: true });
  writeFileSync(
    join(path, 'package.json'),
    JSON.stringify({ name: `@tensorflow/${name}`, main: 'index.js' }),
  );
  const filled = `${JSON.stringify(complaint)}.replace(/\\$(\\w+)/g, (_, name) => process.env[name])`;
  writeFileSync(join(path, 'index.js'), `throw new Error(${filled});`);
  writeFileSync(join(path, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
  return path;
}

function prepare({ gpu }: { gpu: boolean }, complaint: string): string {
  const target = preparedFolder({ gpu });
  const path = install(target, 'tfjs-node', complaint);
  const mark = { version: TFJS_VERSION, tensorflow: '2.21.0', library: join(path, 'index.js'), napi: 8 };
  writeFileSync(join(target, 'prepared.json'), JSON.stringify(mark));
  return path;
}

describe('builds of tfjs-node', () => {
  it('are looked for in the project first, then where set-up puts them', () => {
    expect(nativeCandidates({ gpu: false }, folder)).toEqual([]);
    const prepared = prepare({ gpu: false }, '');
    const own = install(folder, 'tfjs-node', '');
    const found = nativeCandidates({ gpu: false }, folder);
    expect(found.map(({ packageFolder, from }) => [packageFolder, from])).toEqual([
      [own, 'your project'],
      [prepared, 'vae-train setup tfjs'],
    ]);
    expect(nativeCandidates({ gpu: true }, folder)).toEqual([]);
  });
});

describe('without a tfjs-node that loads', () => {
  it('WebAssembly is taken, and the reasons are told', async () => {
    prepare({ gpu: true }, 'libcudart.so: cannot open\nmore');
    prepare({ gpu: false }, 'no binding');
    const { description, notes, isNative } = await openBackend({ threads: 2 });
    expect([description, isNative]).toEqual([expect.stringMatching(/^tfjs \S+ \(wasm, 1 thread\)$/), false]);
    expect(notes).toEqual([
      'tfjs-node from vae-train setup tfjs --gpu does not load (libcudart.so: cannot open).',
      'tfjs-node from vae-train setup tfjs does not load (no binding).',
      'Without tfjs-node training is several times slower; "vae-train setup tfjs" builds it.',
    ]);
  });

  it('on the CPU the build without CUDA is tried first, and a GPU is hidden meanwhile', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '1');
    const settings = 'GPUs $CUDA_VISIBLE_DEVICES, $TF_NUM_INTRAOP_THREADS threads';
    prepare({ gpu: true }, `gpu build, ${settings}`);
    prepare({ gpu: false }, `cpu build, ${settings}`);
    const { notes } = await openBackend({ device: 'cpu', threads: 2 });
    expect(notes.slice(0, 2)).toEqual([
      'tfjs-node from vae-train setup tfjs does not load (cpu build, GPUs -1, 2 threads).',
      'tfjs-node from vae-train setup tfjs --gpu does not load (gpu build, GPUs -1, 2 threads).',
    ]);
    expect(process.env.CUDA_VISIBLE_DEVICES).toBe('1');
    expect(process.env).not.toHaveProperty('TF_NUM_INTRAOP_THREADS');
  });

  it('cuda is refused with what to do', async () => {
    prepare({ gpu: true }, 'libcudart.so: cannot open');
    await expect(openBackend({ device: 'cuda', threads: 1 })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message:
        'tfjs: no GPU can be used. tfjs-node from vae-train setup tfjs --gpu does not load (libcudart.so: cannot open). ' +
        'Where there is an NVIDIA GPU, "vae-train setup tfjs --gpu" builds a tfjs-node for it; otherwise use --device cpu.',
    });
  });
});

it('webgpu is refused', async () => {
  await expect(openBackend({ device: 'webgpu', threads: 1 })).rejects.toMatchObject({
    name: 'TrainerError',
    code: 'engine-failed',
    message: expect.stringContaining('Use --device cuda, cpu or auto.'),
  });
});

it('nothing is printed when a package loads', async () => {
  const printed = ['log', 'warn', 'error'].map((name) => vi.spyOn(console, name as 'log'));
  const { tf } = await openBackend({ only: 'cpu', threads: 1 });
  tf.tidy(() => tf.add(1, 2).dataSync());
  for (const spy of printed) expect(spy).not.toHaveBeenCalled();
});
