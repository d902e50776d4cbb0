import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunTool, ToolOptions } from '../tool.js';
import { findPrepared, type SetUpTfjsOptions, setUpTfjs } from './index.js';
import { bindingIn, packageIn, preparedFolder } from './prepared.js';

let root: string;
let env: NodeJS.ProcessEnv;
let notes: string[];
/** What was run: npm, node-gyp, the check, Python. */
let ran: Step[];
/** Steps that fail, and what they say. */
let failing: Partial<Record<Step, string>>;
let gyp: { words: readonly string[]; options: ToolOptions } | undefined;

type Step = 'npm' | 'node-gyp' | 'check' | 'python';

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'vae-tfjs-')));
  for (const name of ['bin/g++', 'bin/make', 'bin/npm', 'bin/python']) write(name, '', 0o755);
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) write(`wheel/${name}`, '');
  env = { PATH: join(root, 'bin'), VAE_CACHE: join(root, 'cache') };
  env.VAE_TENSORFLOW_PYTHON = env.VAE_TENSORFLOW_GPU_PYTHON = join(root, 'bin/python');
  [notes, ran, failing] = [[], [], {}];
});
afterEach(() => rmSync(root, { recursive: true }));

function write(name: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text, { mode });
}

const versions = {
  'tensorflow-cpu': '2.21.0',
  tensorflow: '2.21.0',
  tf2onnx: '1.17.0',
  onnx: '1.23.2',
  protobuf: '7.36.2',
  'ml-dtypes': '0.6.0',
  numpy: '2.4.6',
  keras: '3.15.1',
};
const cuda = new Proxy(versions, { get: (known, name) => Reflect.get(known, name) ?? '1' });

const report = JSON.stringify({
  device: 'cpu',
  tensorflow: '2.21.0',
  numbers: {
    product: [19, 22, 43, 50],
    gradient: [48, 68],
    convolution: [12, 16, 24, 28],
    convolutionGradient: [12, 16, 24, 28],
  },
});

/** Does to the disk what the programs would do. */
const run: RunTool = async (file, words, options = {}) => {
  const answer = (step: Step, stdout = '') => {
    ran.push(step);
    const output = failing[step];
    return output === undefined ? { code: 0, stdout, output: stdout } : { code: 1, stdout: '', output };
  };
  if (words.includes('install')) {
    mkdirSync(packageIn(options.cwd!), { recursive: true });
    return answer('npm');
  }
  if (words.includes('rebuild')) {
    gyp = { words, options };
    mkdirSync(dirname(bindingIn(options.cwd!)), { recursive: true });
    if (failing['node-gyp'] === undefined) writeFileSync(bindingIn(options.cwd!), '');
    return answer('node-gyp');
  }
  if (file === process.execPath) return answer('check', report);
  const names = Object.fromEntries(words.slice(3).map((name) => [name, Reflect.get(cuda, name)]));
  if (words.length > 3) return answer('python', JSON.stringify([root, 11, names]));
  return answer('python', join(root, 'wheel'));
};

const setUp = (options: Partial<SetUpTfjsOptions> = {}) =>
  setUpTfjs({
    gpu: false,
    run,
    env,
    platform: 'linux',
    arch: 'x64',
    onNote: (text) => notes.push(text),
    ...options,
  });
const folder = () => preparedFolder({ gpu: false }, env);

describe.skipIf(process.platform === 'win32')('setUpTfjs', () => {
  it('installs, links, builds, checks, and is found then', async () => {
    const made = await setUp();
    expect(ran.filter((step) => step !== 'python')).toEqual(['npm', 'node-gyp', 'check']);
    expect(made).toEqual({ ...findPrepared({ gpu: false }, env), device: 'cpu', tensorflow: '2.21.0' });
    expect(made.packageFolder).toBe(packageIn(folder()));
    expect(JSON.parse(readFileSync(join(folder(), 'package.json'), 'utf8')).dependencies).toEqual({
      '@tensorflow/tfjs-node': '4.22.0',
      'node-gyp': '12.4.0',
    });
  });

  it('has the binding look for TensorFlow in its own folder, not through links of the same name', async () => {
    const { packageFolder } = await setUp();
    const libraries = join(packageFolder, 'deps/lib');
    expect(readdirSync(libraries).sort()).toEqual(['libtensorflow.so', 'libtensorflow_framework.so']);
    expect(readlinkSync(join(libraries, 'libtensorflow.so'))).toBe(join(root, 'wheel/libtensorflow_cc.so.2'));
    expect(readlinkSync(join(packageFolder, 'deps/include'))).toBe(join(root, 'wheel/include'));
    expect(gyp!.options.env!.LDFLAGS).toBe(`-Wl,-rpath,'${join(root, 'wheel')}'`);
    expect(gyp!.words).toEqual(
      expect.arrayContaining([
        '--module_name=tfjs_binding',
        '--napi_build_version=8',
        `--python=${join(root, 'bin/python')}`,
      ]),
    );
  });

  it('keeps what passes the check, also where there is no compiler', async () => {
    const made = await setUp();
    ran = [];
    rmSync(join(root, 'bin/g++'));
    expect(await setUp()).toEqual(made);
    expect(ran).not.toContain('node-gyp');
    expect(ran).toContain('check');
  });

  it('builds anew what is not whole, what fails its check, what is linked elsewhere, and what it is told to', async () => {
    const { packageFolder } = await setUp();
    const built = () => ran.filter((step) => step === 'node-gyp').length;
    rmSync(bindingIn(packageFolder));
    await setUp();
    expect(built()).toBe(2);
    failing.check = 'Error: file too short';
    await expect(setUp()).rejects.toThrow('tfjs-node was built but does not run');
    expect(built()).toBe(3);
    expect(notes).toContainEqual(
      expect.stringMatching(/does not pass its check; it is built anew: .*too short/),
    );
    failing = {};
    rmSync(bindingIn(packageFolder));
    await setUp();
    writeFileSync(
      join(folder(), 'prepared.json'),
      readFileSync(join(folder(), 'prepared.json'), 'utf8').replace('_cc.so.2', '_framework.so.2'),
    );
    await setUp();
    expect(built()).toBe(5);
    await setUp({ rebuild: true });
    expect(built()).toBe(6);
  });

  it('builds once for two at the same time', async () => {
    const [one, two] = await Promise.all([setUp(), setUp()]);
    expect(one).toEqual(two);
    expect(ran.filter((step) => step === 'node-gyp')).toHaveLength(1);
  });

  it('keeps the build with CUDA apart', async () => {
    const withCuda = await setUp({ gpu: true });
    expect(withCuda.gpu).toBe(true);
    expect(findPrepared({ gpu: false }, env)).toBeUndefined();
    expect(findPrepared({ gpu: true }, env)?.packageFolder).toBe(withCuda.packageFolder);
  });

  it.each<[Step, string, RegExp]>([
    [
      'npm',
      'npm error code ENOTFOUND',
      /^npm could not install tfjs-node 4\.22\.0: the network did not answer/,
    ],
    [
      'node-gyp',
      'a.cc:1:1: error: x',
      /^tfjs-node could not be built: exit code 1\. It said: a\.cc:1:1: error: x$/,
    ],
    ['check', 'Error: x', /^tfjs-node was built but does not run/],
  ])('leaves nothing half when %s fails', async (step, output, message) => {
    failing = { [step]: output };
    await expect(setUp()).rejects.toThrow(message);
    expect(readdirSync(join(root, 'cache'))).toEqual([]);
  });

  it('says which library a TensorFlow lacks', async () => {
    rmSync(join(root, 'wheel/libtensorflow_cc.so.2'));
    await expect(setUp()).rejects.toThrow(/has no libtensorflow_cc\.so\.2/);
  });

  it('refuses before anything is downloaded', async () => {
    await expect(setUp({ platform: 'win32' })).rejects.toThrow('WSL 2');
    env.VAE_CACHE = join(root, 'my cache');
    await expect(setUp()).rejects.toThrow('has a space in its name');
    expect(ran).toEqual([]);
    expect(existsSync(env.VAE_CACHE)).toBe(false);
  });
});
