import { defineConfig, type Options } from 'tsup';

/** Built twice: as ES modules, and as CommonJS for those who still `require` (types: scripts/cjs-types.mjs). */
const shared: Options = {
  entry: [
    'src/index.ts',
    ...['manifest', 'random', 'media', 'images', 'latent', 'likelihood', 'tiles', 'runtime'].map(
      (name) => `src/${name}/index.ts`,
    ),
    'src/page/decoder.ts',
    'src/page/element.ts',
    'src/platform/node.ts',
    'src/platform/web.ts',
    // Nobody imports it: what it shares with others is then apart from what decoding needs.
    'src/platform/web/images.ts',
  ],
  target: 'es2022',
  splitting: true,
  sourcemap: true,
  removeNodeProtocol: false,
  tsconfig: 'tsconfig.build.json',
};

type Plugin = NonNullable<Options['plugins']>[number];

/**
 * Takes out imports that import nothing. esbuild writes them to keep the order in which chunks are run, which is all the
 * same here (`sideEffects` in package.json), but for bundlers they tie what is used to what is not.
 */
const withoutBareImports: Plugin = {
  name: 'without-bare-imports',
  renderChunk(code, { map }) {
    return { code: code.replaceAll(/^import "\.[^"]*";$/gm, ''), map };
  },
};

/** tsup leaves out what `dependencies` names; the optional one has to be said. */
const external = ['#platform', 'onnxruntime-node'];

export default defineConfig([
  {
    ...shared,
    format: 'esm',
    plugins: [withoutBareImports],
    dts: true,
    clean: true,
    // A worker starts from a file of its own.
    entry: [
      ...(shared.entry as string[]),
      'src/platform/node/workers-script.ts',
      'src/platform/web/workers-script.ts',
    ],
    external,
  },
  {
    ...shared,
    format: 'cjs',
    // `import.meta.url` has to mean the file here too.
    shims: true,
    external: [...external, 'onnxruntime-web'],
    // These are ES modules only, which `require` cannot load before Node 20.19.
    noExternal: ['fast-png', 'fflate', 'gifenc', 'valibot'],
  },
  {
    // For pages without a bundler: files that need nothing but each other and, beside them, the .wasm file.
    entry: { element: 'src/page/element.ts', decoder: 'src/page/decoder.ts' },
    outDir: 'dist/browser',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    splitting: true,
    minify: true,
    noExternal: [/./],
    tsconfig: 'tsconfig.build.json',
    esbuildOptions(options) {
      options.alias = { '#platform': './src/platform/files.ts' };
    },
  },
]);
