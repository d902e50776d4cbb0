import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/cli.ts'],
  format: 'esm',
  target: 'es2022',
  dts: true,
  splitting: true,
  clean: true,
  sourcemap: true,
  tsconfig: 'tsconfig.build.json',
});
