import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/command/index.ts',
    'src/terminal/index.ts',
    // A worker thread starts from a file, so it is an entry of its own.
    'src/engines/ort/worker.ts',
    'src/engines/ort/parallel/member.ts',
  ],
  format: 'esm',
  target: 'es2022',
  dts: { entry: ['src/index.ts', 'src/command/index.ts', 'src/terminal/index.ts'] },
  splitting: true,
  clean: true,
  sourcemap: true,
  tsconfig: 'tsconfig.build.json',
});
