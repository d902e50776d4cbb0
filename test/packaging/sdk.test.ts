import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium, crossOriginIsolation, withPage } from '../support/browser.js';
import { lastJson, node, root, run, temporaryFolder } from '../support/project.js';

// The SDK as a stranger gets it: packed, and installed by plain npm.

const npm = (args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) =>
  run('npm', args, { cwd, env: { npm_config_audit: 'false', npm_config_fund: 'false', ...env } });

/** A port that nobody listens on: what onnxruntime-node's install script fetches cannot be had. */
const closedDownload = {
  GLOBAL_AGENT_HTTPS_PROXY: 'http://127.0.0.1:9',
  GLOBAL_AGENT_HTTP_PROXY: 'http://127.0.0.1:9',
};

/** Decodes the middle of the latent plane, and says what it ran on. */
const program = `
  const pixels = await vae.decode([[0, 0]]);
  const again = await vae.decode({ data: new Float32Array(600), shape: [300, 2] });
  const thrown = await vae.decode([[0]]).catch((error) => error.constructor.name);
  const report = { thrown, name: VAE.name, device: vae.device, report: vae.deviceReport, shape: pixels.shape, batch: again.shape };
  console.log(JSON.stringify({ ...report, pixels: [...pixels.data] }));
`;
const esm = `import { VAE } from '@vae/sdk';\nconst vae = await VAE.load('mnist-conv');\n${program}`;
const cjs = `const { VAE } = require('@vae/sdk');\n(async () => { const vae = await VAE.load('mnist-conv');\n${program}})();`;

let folder: string;
let tarball: string;
let middle: readonly number[];
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  const packed = await run('npx', ['--yes', 'pnpm@12.21.0', 'pack', '--pack-destination', folder], {
    cwd: join(root, 'packages/sdk'),
  });
  expect(packed, packed.stderr).toMatchObject({ code: 0 });
  tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz'))!);
  middle = await middleOfTheModel();
});

afterAll(() => remove?.());

async function middleOfTheModel(): Promise<readonly number[]> {
  const { VAE } = await import('@vae/sdk');
  await using vae = await VAE.load('mnist-conv', { device: 'cpu', worker: false });
  return [...(await vae.decode([[0, 0]])).data];
}

async function install(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const into = join(folder, name);
  await mkdir(into);
  await writeFile(join(into, 'package.json'), JSON.stringify({ name, private: true }));
  const installed = await npm(['install', tarball], into, env);
  expect(installed, installed.stderr).toMatchObject({ code: 0 });
  await writeFile(join(into, 'esm.mjs'), esm);
  await writeFile(join(into, 'cjs.cjs'), cjs);
  return into;
}

function expectMiddle(pixels: readonly number[]): void {
  const worst = Math.max(...pixels.map((value, i) => Math.abs(value - middle[i])));
  expect(pixels).toHaveLength(784);
  expect(worst).toBeLessThan(1e-4);
}

describe.each([
  ['where the download of onnxruntime-node is closed', 'closed', closedDownload, 'wasm'],
  ['with onnxruntime-node', 'open', { ONNXRUNTIME_NODE_INSTALL: 'skip' }, 'cpu'],
] as const)('installed %s', (_, name, env, device) => {
  let into: string;
  beforeAll(async () => {
    into = await install(name, env);
  }, 300_000);

  it.each(['esm.mjs', 'cjs.cjs'])(
    `%s decodes on ${device}, in workers, and ends by itself`,
    async (script) => {
      const outcome = await node([script], { cwd: into });
      expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
      const { pixels, ...rest } = lastJson(outcome) as never as Record<string, unknown> & {
        pixels: number[];
      };
      expect(rest).toMatchObject({
        thrown: 'VaeError',
        name: 'VAE',
        device,
        shape: [1, 1, 28, 28],
        batch: [300, 1, 28, 28],
      });
      expectMiddle(pixels);
    },
  );
});

/** Hands on options that may be undefined, as programs do that take options themselves. */
const strict = `
  import { type LoadOptions, VAE } from '@vae/sdk';
  import { mountDecoder } from '@vae/sdk/element';
  export async function show(source: string, signal?: AbortSignal, seed?: number, onDecode?: () => void) {
    const options: LoadOptions = { signal };
    const vae = await VAE.load(source, options);
    await mountDecoder(document.body, source, { signal, onDecode, limit: seed });
    return vae.sample(1, { seed, signal });
  }
`;

describe('the package', () => {
  it.each([
    ['nodenext', 'strict.mts'],
    ['nodenext', 'strict.cts'],
    ['bundler', 'strict.ts'],
  ])('has types for the strictest programs: %s, %s', async (moduleResolution, file) => {
    const into = join(folder, 'open');
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [], target: 'es2022' },
      ...{ module: moduleResolution === 'bundler' ? 'preserve' : moduleResolution, moduleResolution },
      lib: ['es2022', 'dom', 'esnext.disposable'],
    };
    await writeFile(join(into, file), strict);
    await writeFile(join(into, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
    const outcome = await node([createRequire(import.meta.url).resolve('typescript/bin/tsc')], { cwd: into });
    expect(outcome, outcome.stdout).toMatchObject({ code: 0 });
  });

  it('is clean to publint and arethetypeswrong', async () => {
    const bin = (name: string) => createRequire(import.meta.url).resolve(name);
    const { publint } = await import('publint');
    const { messages } = await publint({
      pack: { tarball: (await readFile(tarball)).buffer as ArrayBuffer },
      strict: true,
    });
    expect(messages).toEqual([]);
    const attw = join(bin('@arethetypeswrong/cli/package.json'), '../dist/index.js');
    const { code, stdout } = await node([attw, tarball, '--format', 'ascii', '--no-emoji']);
    expect(code, stdout).toBe(0);
    expect(stdout).not.toContain('failed');
  });
});

/** A page's script: decodes, and leaves the pixels where the test finds them. */
const page = `
  import { loadDecoder } from '@vae/sdk/decoder';
  globalThis.decoded = (async () => {
    const decoder = await loadDecoder('/model/', globalThis.decoderOptions);
    const { data } = await decoder.decode([[0, 0]]);
    return { device: decoder.device, pixels: [...data] };
  })();
`;
const html = (script: string) =>
  `<!doctype html><script type="module" src="${script}"></script><title>page</title>`;

describe.skipIf(!chromium)('bundled, the page decodes in Chromium (VAE_TEST_CHROMIUM)', () => {
  let into: string;
  beforeAll(async () => {
    into = join(folder, 'closed');
    await writeFile(join(into, 'page.js'), page);
    await writeFile(join(into, 'index.html'), html('/page.js'));
  });

  async function expectDecodes(dist: string, headers: Record<string, string>): Promise<void> {
    const folders = { '/model': join(root, 'models/mnist-conv'), '/': dist };
    const files = { '/': await readFile(join(dist, 'index.html'), 'utf8') };
    const { pixels } = await withPage(
      (opened) => opened.evaluate('decoded') as Promise<{ pixels: number[] }>,
      { folders, files, headers },
    );
    expectMiddle(pixels);
  }

  const builds: Record<string, (dist: string) => Promise<void>> = {
    async vite(outDir) {
      const { build } = await import('vite');
      await build({ root: into, logLevel: 'error', build: { outDir, target: 'es2022' } });
    },
    async webpack(path) {
      const { default: webpack } = await import('webpack');
      await new Promise<void>((done, fail) => {
        const output = { path, filename: 'page.js' };
        webpack(
          {
            context: into,
            mode: 'production',
            entry: './page.js',
            output,
            performance: { hints: false },
          },
          (error, stats) =>
            error || stats!.hasErrors() ? fail(error ?? new Error(stats!.toString())) : done(),
        );
      });
      await writeFile(join(path, 'index.html'), html('/page.js'));
    },
    async esbuild(outdir) {
      const { build } = await import('esbuild');
      await build({
        absWorkingDir: into,
        entryPoints: ['page.js'],
        outdir,
        bundle: true,
        minify: true,
        splitting: true,
        format: 'esm',
      });
      // esbuild leaves files that code finds beside itself where they are; copying them is said in the docs.
      const wasm = 'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm';
      await writeFile(join(outdir, 'ort-wasm-simd-threaded.wasm'), await readFile(join(into, wasm)));
      await writeFile(join(outdir, 'index.html'), html('/page.js'));
    },
  };

  it.each(Object.keys(builds))(
    '%s, with and without cross-origin isolation',
    { timeout: 180_000 },
    async (name) => {
      const dist = join(folder, `dist-${name}`);
      await mkdir(dist);
      await builds[name](dist);
      await expectDecodes(dist, {});
      await expectDecodes(dist, crossOriginIsolation);
    },
  );
});
