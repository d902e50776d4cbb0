import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createOutput } from '@vae/trainer/terminal';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  contentOf,
  type IndexServer,
  type IndexServerOptions,
  startIndex,
  tinyWheel,
} from '../testing/wheel.js';
import { type CudaFiles, type FixCudaOptions, fixCuda } from './fix-cuda.js';
import { packageIndex } from './package-index.js';

// Root may write everywhere, so file modes cannot forbid it.
const forbidden = vi.hoisted(() => ({ folder: '' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const access: typeof real.access = async (path, mode) => {
    if (path === forbidden.folder)
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    await real.access(path, mode);
  };
  return { ...real, access };
});

const provider = tinyWheel('onnxruntime-gpu', '1.30.0', ['libshared.so', 'libcuda_provider.so']);
const first = tinyWheel('nvidia-first', '13.1', ['libfirst.so.13']);
const second = tinyWheel('nvidia-second', '9.2', ['libsecond_a.so.9', 'libsecond.so.9']);
const wheels = { provider, libraries: [first, second] };
const allLibraries = [...first.libraries, ...second.libraries];

let folder: string;
let binding: string;
let libraries: string;
let server: IndexServer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-cuda-'));
  binding = join(folder, 'onnxruntime-node/bin/napi-v6/linux/x64');
  libraries = join(folder, 'cache/cuda-13');
  mkdirSync(binding, { recursive: true });
  writeFileSync(join(folder, 'onnxruntime-node/package.json'), '{ "version": "1.30.0" }');
});
afterEach(async () => {
  forbidden.folder = '';
  rmSync(folder, { recursive: true });
  await server?.close();
});

/** The machine as it is now: files decide. */
function files(): CudaFiles {
  const file = join(binding, 'libcuda_provider.so');
  return {
    binding,
    provider: existsSync(file) ? file : undefined,
    libraries,
    missing: () => ['libcuda.so.1', ...allLibraries].filter((name) => !existsSync(join(libraries, name))),
  };
}

async function run(options: Partial<FixCudaOptions> & { readonly server?: IndexServerOptions } = {}) {
  server = await startIndex([provider, first, second], options.server);
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const source = packageIndex({ env: { PIP_INDEX_URL: server.url } });
  const output = createOutput({ streams });
  const got = await fixCuda(files(), { wheels, source, output, streams, ...options });
  return { got, text: String(streams.stderr.read() ?? '') };
}

describe('fixCuda', () => {
  it('puts the provider beside the binding and the libraries into their folder', async () => {
    const { got, text } = await run();
    expect(got).toEqual(['onnxruntime-gpu 1.30.0', 'nvidia-first 13.1', 'nvidia-second 9.2']);
    expect(text).toContain(`  nvidia-second 9.2 to ${libraries}\n`);
    expect(readdirSync(binding).sort()).toEqual([...provider.libraries].sort());
    expect(readdirSync(libraries).sort()).toEqual([...allLibraries].sort());
    expect(readFileSync(join(libraries, 'libsecond.so.9'), 'utf8')).toBe(contentOf('libsecond.so.9', '9.2'));
  });

  it('does nothing where all is there, also when it is elsewhere', async () => {
    await run();
    await server.close();
    expect(await run()).toEqual({ got: [], text: 'CUDA: all files are in place already.\n' });
    rmSync(libraries, { recursive: true });
    const systems = { ...files(), missing: () => ['libcuda.so.1'] };
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    expect(await fixCuda(systems, { wheels, output: createOutput({ streams }), streams })).toEqual([]);
  });

  it('goes on after a failure with what is missing, and replaces another version', async () => {
    const cut = ({ bytes, project }: { bytes: Uint8Array; project: string }) =>
      project === 'nvidia-second' ? bytes.subarray(0, bytes.length - 300) : bytes;
    await expect(run({ server: { sent: cut } })).rejects.toMatchObject({ name: 'UsageError' });
    expect(readdirSync(libraries)).toEqual(['libfirst.so.13']);
    await server.close();
    writeFileSync(join(libraries, 'libsecond.so.9'), 'an older version');
    expect((await run()).got).toEqual(['nvidia-second 9.2']);
    expect(readFileSync(join(libraries, 'libsecond.so.9'), 'utf8')).toBe(contentOf('libsecond.so.9', '9.2'));
    expect(server.requests.filter((path) => path.startsWith('/files/'))).toEqual([
      `/files/${second.filename}`,
    ]);
  });

  it('asks on a terminal, and takes no for an answer', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const streams = { stdout: new PassThrough(), stderr: terminal };
    const ask = (answer: string) => {
      const input = Object.assign(new PassThrough(), { isTTY: true });
      input.end(answer);
      return run({ input, streams, output: createOutput({ streams }) });
    };
    expect((await ask('n\n')).got).toEqual([]);
    await server.close();
    expect(existsSync(libraries)).toBe(false);
    expect((await ask('y\n')).got).toHaveLength(3);
    const prompts = String(terminal.read());
    expect(prompts).toMatch(/Download \d+ MB\? \[y\/N\] .*CUDA: nothing was downloaded\.\n/s);
  });

  it('refuses another version of onnxruntime-node, and none', async () => {
    writeFileSync(join(folder, 'onnxruntime-node/package.json'), '{ "version": "1.26.0" }');
    await expect(run()).rejects.toThrow(
      'onnxruntime-node is 1.26.0, and the CUDA provider that is known here fits 1.30.0 only; run: ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@1.30.0',
    );
    const none = { ...files(), binding: undefined };
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    await expect(fixCuda(none, { output: createOutput({ streams }), streams })).rejects.toThrow(
      'CUDA needs onnxruntime-node, which is not there yet',
    );
  });

  it('says who may write beside the binding', async () => {
    forbidden.folder = binding;
    await expect(run()).rejects.toThrow(
      `"${binding}" cannot be written; run this as the user that it belongs to`,
    );
  });

  it('sees that the disk is too small before it downloads anything', async () => {
    const huge = { ...wheels, provider: { ...provider, unpackedBytes: 1e18 } };
    await expect(run({ wheels: huge })).rejects.toThrow(
      / has \d+ MB free and CUDA needs 1000000000000 MB; make room/,
    );
    expect(server.requests).toEqual([]);
  });
});
