import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // Unit tests read the sources, so that a change in one package is seen by the others without a build.
    alias: [
      { find: '#platform', replacement: source('sdk/src/platform/node.ts') },
      { find: /^@vae\/sdk$/, replacement: source('sdk/src/index.ts') },
      {
        find: /^@vae\/sdk\/(manifest|random|media|latent|likelihood|runtime|images)$/,
        replacement: source('sdk/src/$1/index.ts'),
      },
      { find: /^@vae\/trainer$/, replacement: source('trainer/src/index.ts') },
      { find: /^@vae\/trainer\/(command|terminal|page)$/, replacement: source('trainer/src/$1/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.mjs'],
    globalSetup: ['test/support/temporary-folder.ts', 'test/support/prepare-tfjs.ts'],
    // Many tests wait for processes, browsers and downloads of their own, so that two at once have room on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
});
