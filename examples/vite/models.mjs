// Copies a bundled model to where Vite serves files as they are. A model of your own goes there by hand.
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const sdk = dirname(createRequire(import.meta.url).resolve('@vae/sdk/package.json'));
await cp(join(sdk, 'models/mnist-conv'), join(import.meta.dirname, 'public/models/mnist-conv'), {
  recursive: true,
});
