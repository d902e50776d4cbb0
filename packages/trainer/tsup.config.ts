import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/command/index.ts',
    'src/terminal/index.ts',
    'src/page/index.ts',
    // A thread or process of its own starts from a file, so that is an entry.
    'src/engines/ort/worker.ts',
    'src/engines/ort/parallel/member.ts',
    'src/engines/tfjs/worker.ts',
    'src/gpu-check/child.ts',
  ],
  // Native, and optional: it is loaded where it is installed.
  external: ['sharp'],
  format: 'esm',
  target: 'es2022',
  dts: { entry: ['src/index.ts', 'src/command/index.ts', 'src/terminal/index.ts', 'src/page/index.ts'] },
  splitting: true,
  clean: true,
  sourcemap: true,
  tsconfig: 'tsconfig.build.json',
});
