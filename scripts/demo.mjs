// npm run demo: from a fresh clone to a trained VAE, its ONNX files and pictures, in under three minutes.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { install, pnpm, root, run, step } from './lib.mjs';

const out = join(root, 'demo');
const show = (...parts) => relative(process.cwd(), join(out, ...parts)) || '.';

install();
step('build');
pnpm('run', 'build');

step('train the seeds’ convolutional VAE on the built-in digits');
await rm(out, { recursive: true, force: true });
const train = join(root, 'packages/trainer/bin/vae-train.js');
const vae = join(root, 'packages/cli/bin/vae.js');
const node = (...args) => run(process.execPath, args);
// A higher rate and a wider code than the recipe's: there is time for less than one epoch here.
const quick = ['--batch', '32', '--lr', '0.001', '--latent', '10', '--steps', '1600'];
node(train, 'seed-cvae', '--name', 'demo', '--data', 'digits', ...quick, '--seed', '0', '--out', out);

step('use the exported files');
const digits = join(out, 'digits');
await writeDigits(digits);
node(vae, 'reconstruct', join(out, 'vae'), digits, '-o', join(out, 'reconstructions.png'));
node(vae, 'sample', join(out, 'vae'), '-n', '16', '--seed', '1', '-o', join(out, 'samples.png'));
const ends = [join(digits, 'digit-3.png'), join(digits, 'digit-8.png')];
node(vae, 'interpolate', join(out, 'vae'), ...ends, '--steps', '16', '-o', join(out, 'walk.gif'));
node(vae, 'manifold', 'mnist-conv', '-o', join(out, 'mnist-manifold.png'));
await explain();

/** Sixteen test digits as PNG files, to have something to encode. */
async function writeDigits(folder) {
  const { openDataset } = await import('@vae/trainer');
  const { encodePng, toPicture } = await import('@vae/sdk/media');
  const { test, shape } = await openDataset('digits', { seed: 0 });
  await mkdir(folder, { recursive: true });
  const image = new Float32Array(28 * 28);
  for (let i = 0; i < 16; i++) {
    test.read([i], image);
    await writeFile(join(folder, `digit-${i}.png`), encodePng(toPicture({ data: image, shape })));
  }
}

async function explain() {
  const { metrics } = JSON.parse(await readFile(join(out, 'vae', 'vae.json'), 'utf8'));
  const { bound, reconstruction, kl, samples, standardError } = metrics.test;
  console.log(`
On ${samples} test digits, in nats per sample:
  bound          ${bound.toFixed(2)} ± ${standardError.toFixed(2)}   log p(x) is at least this; higher is better
  reconstruction ${reconstruction.toFixed(2)}           −log p(x|z): what the picture costs once the code is known
  KL             ${kl.toFixed(2)}             what the code of ten numbers costs

Pictures, in ${show()}:
  reconstructions.png   test digits above, their reconstructions below
  samples.png           decoded draws from the prior
  walk.gif              from one digit to another through the latent space
  mnist-manifold.png    the latent plane of the bundled model, trained on MNIST
  pictures/             what each epoch looked like, and each latent dimension on its own
Report:    ${show('report.html')}
The model: ${show('vae')}   encoder.onnx, decoder.onnx and vae.json; load it with VAE.load('${show('vae')}')`);
}
