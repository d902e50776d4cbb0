import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEnvironment, type PythonEnvironmentOptions, pythonEnvironment } from './python-environment.js';
import type { RunTool, ToolOutcome } from './tool.js';

let root: string;
let env: NodeJS.ProcessEnv;
let ran: string[][];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'vae-environment-')));
  for (const name of ['bin', 'other']) mkdirSync(join(root, name));
  for (const name of ['bin/python3', 'other/python3']) program(name);
  env = { PATH: join(root, 'bin'), VAE_CACHE: join(root, 'cache') };
  ran = [];
});
afterEach(() => rmSync(root, { recursive: true }));

const program = (name: string) => writeFileSync(join(root, name), '', { mode: 0o755 });
const fine: ToolOutcome = { code: 0, stdout: '', output: '' };
const installsNothing: ToolOutcome = { code: 1, stdout: '', output: 'ERROR: No space left on device' };

/** Stands for Python 3.11, pip and uv. An environment is a link to the Python that it was made from. */
function tools(install: ToolOutcome = fine): RunTool {
  return async (file, args) => {
    ran.push([basename(file), ...args]);
    if (args[1] === '-c') return { ...fine, stdout: JSON.stringify([[3, 11], file, true]) };
    const folder = args.at(-1)!;
    if (args.includes('venv')) {
      mkdirSync(join(folder, 'bin'), { recursive: true });
      symlinkSync(basename(file) === 'uv' ? join(root, 'bin/python3') : file, join(folder, 'bin/python'));
    }
    return args.includes('install') ? install : fine;
  };
}

const requirements = ['a==1', 'b==2'];
const get = (options: Partial<PythonEnvironmentOptions> = {}) =>
  pythonEnvironment({ name: 'thing', requirements, run: tools(), env, ...options });
const installs = () => ran.filter((words) => words.includes('install'));

describe.skipIf(process.platform === 'win32')('an environment', () => {
  it('is made by venv and pip, and found again without starting anything', async () => {
    const made = await get();
    expect(dirname(made.folder)).toBe(join(root, 'cache'));
    expect(made.python).toBe(join(made.folder, 'bin/python'));
    expect(ran.map(([name, ...words]) => [name, words[2]])).toEqual([
      ['python3', expect.stringContaining('version_info')],
      ['python3', 'venv'],
      ['python', 'pip'],
    ]);
    expect(installs()[0].slice(-4)).toEqual(['--only-binary', ':all:', 'a==1', 'b==2']);
    ran = [];
    expect(await get()).toEqual(made);
    expect(findEnvironment('thing', requirements, env)).toEqual(made);
    expect(ran).toEqual([]);
    expect(readdirSync(made.folder).sort()).toEqual(['bin', 'environment.json']);
  });

  it('is made by uv where that is on PATH', async () => {
    program('bin/uv');
    await get();
    expect(ran.slice(1).map(([name, word]) => [name, word])).toEqual([
      ['uv', 'venv'],
      ['uv', 'pip'],
    ]);
  });

  it('is another one for other packages, another name, and when it is to be made anew', async () => {
    const made = await get();
    const more = await get({ requirements: [...requirements, 'c==3'] });
    expect(more.folder).not.toBe(made.folder);
    expect(findEnvironment('thing', ['a==2'], env)).toBeUndefined();
    expect(findEnvironment('thin', requirements, env)).toBeUndefined();
    expect(await get({ rebuild: true })).toEqual(made);
    expect(installs()).toHaveLength(3);
  });

  it.each([
    ['its Python is gone', (folder: string) => rmSync(join(folder, 'bin/python'))],
    [
      'its link leads to another Python, as after an upgrade of the system',
      (folder: string) => {
        rmSync(join(folder, 'bin/python'));
        symlinkSync(join(root, 'other/python3'), join(folder, 'bin/python'));
      },
    ],
    ['its mark is gone', (folder: string) => rmSync(join(folder, 'environment.json'))],
  ])('is made anew where %s', async (_, damage) => {
    const made = await get();
    damage(made.folder);
    expect(findEnvironment('thing', requirements, env)).toBeUndefined();
    expect(await get()).toEqual(made);
    expect(findEnvironment('thing', requirements, env)).toEqual(made);
  });

  it('of another Python than VAE_PYTHON is not taken without a look', async () => {
    await get();
    env.VAE_PYTHON = join(root, 'other/python3');
    expect(findEnvironment('thing', requirements, env)).toBeUndefined();
    env.VAE_PYTHON = join(root, 'bin/python3');
    expect(findEnvironment('thing', requirements, env)).toBeDefined();
  });

  it('is the last made of several that fit', async () => {
    const first = await get();
    const other = join(dirname(first.folder), 'python-thing-ffffffffffff');
    cpSync(first.folder, other, { recursive: true, verbatimSymlinks: true });
    const set = (folder: string, seconds: number) =>
      utimesSync(join(folder, 'environment.json'), seconds, seconds);
    set(first.folder, 2e9);
    set(other, 1e9);
    expect(findEnvironment('thing', requirements, env)).toEqual(first);
    set(other, 3e9);
    expect(findEnvironment('thing', requirements, env)?.folder).toBe(other);
  });

  it('that cannot be made leaves nothing, and its error says what the tool said', async () => {
    await expect(get({ run: tools(installsNothing) })).rejects.toMatchObject({
      code: 'setup-failed',
      message:
        'pip could not install a==1 and 1 more: the disk is full. Make room, or choose a folder on another disk with the ' +
        'environment variable VAE_CACHE. It said: ERROR: No space left on device',
    });
    expect(readdirSync(join(root, 'cache'))).toEqual([]);
  });

  it('says what it downloads: the sizes known beforehand, and the files that take a while', async () => {
    const notes: string[] = [];
    const lines = [
      '  Downloading https://files.example/a-1-cp311-manylinux_2_27_x86_64.whl (273.8 MB)',
      '  Downloading b-2-py3-none-any.whl (9.9 kB)',
      'Downloading c (261.1MiB)',
    ];
    const run: RunTool = async (file, args, options) => {
      if (args.includes('install')) for (const line of lines) options?.onLine?.(line);
      return tools()(file, args, options);
    };
    await get({ run, onNote: (text) => notes.push(text), bytes: { download: 350e6, installed: 1.75e6 } });
    expect(notes).toEqual([
      'Python 3.11 environment "thing", by venv and pip: downloads about 350 MB, takes 2 MB',
      '  downloading a-1-cp311-manylinux_2_27_x86_64.whl (273.8 MB)',
      '  downloading c (261.1MiB)',
    ]);
  });
});

describe('a Python that is handed over', () => {
  const pinned = [
    'tensorflow-cpu==2.21.0',
    'numpy==1; python_version < "3.11"',
    'numpy==2; python_version >= "3.11"',
  ];
  const hand = (versions: object, onNote?: (text: string) => void) => {
    env.VAE_MY_THING_PYTHON = process.execPath;
    const stdout = JSON.stringify(['/environment', 11, versions]);
    const run: RunTool = async () => ({ code: 0, stdout, output: stdout });
    return get({ name: 'my-thing', requirements: pinned, run, onNote });
  };

  it('is used as it is; one name of TensorFlow is as good as the other', async () => {
    const notes: string[] = [];
    const given = { python: process.execPath, folder: '/environment' };
    expect(await hand({ 'tensorflow-cpu': '2.21.0', numpy: '2' }, (text) => notes.push(text))).toEqual(given);
    expect(await hand({ 'tensorflow-cpu': null, tensorflow: '2.21.0', numpy: '2' })).toEqual(given);
    expect(notes).toEqual([]);
  });

  it('may have other versions, which is said', async () => {
    const notes: string[] = [];
    await hand({ 'tensorflow-cpu': '2.19.0', numpy: '2' }, (text) => notes.push(text));
    expect(notes).toEqual(['VAE_MY_THING_PYTHON has tensorflow-cpu 2.19.0; this was tried with 2.21.0']);
  });

  it('must have all packages', async () => {
    await expect(hand({ 'tensorflow-cpu': '2.21.0', numpy: null })).rejects.toThrow(
      /lacks packages\. Add them: .* -m pip install numpy==2; or unset VAE_MY_THING_PYTHON/,
    );
  });

  it('must be there and run', async () => {
    env.VAE_THING_PYTHON = '/nowhere/python';
    await expect(get()).rejects.toThrow('VAE_THING_PYTHON="/nowhere/python": there is no such file.');
    env.VAE_THING_PYTHON = process.execPath;
    const run: RunTool = async () => ({ code: 9, stdout: '', output: 'bad option: -I' });
    await expect(get({ run })).rejects.toThrow(/is not a Python that runs\./);
  });
});
