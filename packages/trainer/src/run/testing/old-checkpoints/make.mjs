// Makes checkpoints with the trainer of a checkout of any age, in which packages are installed, for a later one to load:
//   node make.mjs CHECKOUT NAME RECIPE...
// writes NAME/RECIPE/ beside this file, and to made.json what that trainer says of them. README.md tells the names.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const recipes = JSON.parse(await readFile(join(import.meta.dirname, 'recipes.json'), 'utf8'));
/** Inside an epoch, where the trainer of that time could end there. */
const STEPS = 9;

const entry = `
  export { train } from './packages/trainer/src/run/train.ts';
  export { engines } from './packages/trainer/src/engines/index.ts';
  export { tinyDataset, tinyRecipe } from './packages/trainer/src/testing/tiny-training.ts';
`;

/** The native runtime stays outside the bundle, and the SDK alone depends on it. @param {string} checkout */
function runtimeOf(checkout) {
  const { resolve } = createRequire(join(checkout, 'packages/sdk/package.json'));
  return ({ path }) => ({ path: path === 'onnxruntime-node' ? resolve(path) : path, external: true });
}

/** @param {string} checkout */
async function trainerOf(checkout) {
  // In the package, whose dependencies it imports
  const outfile = join(checkout, 'packages/trainer/dist/make-checkpoints.mjs');
  await build({
    stdin: { contents: entry, resolveDir: checkout, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['sharp', '@tensorflow/*'],
    plugins: [
      {
        name: 'runtime',
        setup: ({ onResolve }) => onResolve({ filter: /^onnxruntime-/ }, runtimeOf(checkout)),
      },
    ],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    outfile,
    logLevel: 'error',
  });
  const trainer = await import(pathToFileURL(outfile).href);
  await rm(outfile);
  return trainer;
}

/** The judge of tests, which has no need of a processor with float16, also where a recipe asks for one. */
async function exactEngine(engine) {
  const plain = ({ precision: _, ...program }) => program;
  return {
    ...engine,
    compile: (programs, ...rest) =>
      engine.compile(
        Object.fromEntries(Object.entries(programs).map(([name, program]) => [name, plain(program)])),
        ...rest,
      ),
  };
}

const [checkout, label, ...names] = process.argv.slice(2);
const trainer = await trainerOf(resolve(checkout));
const reference = await trainer.engines.reference();
Object.assign(trainer.engines, { reference: () => exactEngine(reference) });
const { version } = JSON.parse(await readFile(join(checkout, 'packages/trainer/package.json'), 'utf8'));

const made = JSON.parse(await readFile(join(import.meta.dirname, 'made.json'), 'utf8'));
const folder = await mkdtemp(join(tmpdir(), 'vae-make-'));
for (const name of names) {
  const out = join(folder, name);
  const options = {
    recipe: trainer.tinyRecipe(recipes[name]),
    dataset: trainer.tinyDataset(),
    out,
    engine: 'reference',
  };
  const result = await trainer.train({ ...options, steps: STEPS, log: [] });
  const kept = join(import.meta.dirname, label, name);
  await rm(kept, { recursive: true, force: true });
  await cp(join(out, 'checkpoints'), join(kept, 'checkpoints'), {
    recursive: true,
    filter: (path) => !path.endsWith('previous.zip'),
  });
  await cp(join(out, 'metrics.jsonl'), join(kept, 'metrics.jsonl'));
  made[`${label}/${name}`] = { version, steps: result.steps, testLoss: result.test.loss };
}
await rm(folder, { recursive: true });
const sorted = Object.fromEntries(Object.entries(made).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(join(import.meta.dirname, 'made.json'), `${JSON.stringify(sorted, null, 2)}\n`);
