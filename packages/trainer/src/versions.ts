import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Version of this package. */
export const trainerVersion = (): string =>
  (JSON.parse(readFileSync(require.resolve('@vae/trainer/package.json'), 'utf8')) as { version: string })
    .version;

/** What a manifest records of the software that made a model. */
export const packageVersions = (): Record<string, string> => ({
  '@vae/trainer': trainerVersion(),
  node: process.versions.node,
});
