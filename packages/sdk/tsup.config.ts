import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/manifest.ts',
    'src/random/index.ts',
    'src/media/index.ts',
    'src/latent/index.ts',
    'src/runtime/index.ts',
    'src/platform/node.ts',
    'src/platform/web.ts',
  ],
  format: 'esm',
  target: 'es2022',
  dts: true,
  splitting: true,
  clean: true,
  sourcemap: true,
  // tsup leaves out what `dependencies` names; the optional one has to be said.
  external: ['#platform', 'onnxruntime-node'],
  removeNodeProtocol: false,
  tsconfig: 'tsconfig.build.json',
});
