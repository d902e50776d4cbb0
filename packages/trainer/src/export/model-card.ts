import type { Manifest } from '@vae/sdk/manifest';

const metricsTable = (metrics: NonNullable<Manifest['metrics']>): string[] => {
  const parts = Object.entries(metrics).filter(([, numbers]) => numbers !== undefined);
  const names = [...new Set(parts.flatMap(([, numbers]) => Object.keys(numbers!)))];
  return [
    `| nats per sample | ${parts.map(([part]) => part).join(' | ')} |`,
    `| --- | ${parts.map(() => '---').join(' | ')} |`,
    ...names.map((name) => `| ${name} | ${parts.map(([, numbers]) => format(numbers![name])).join(' | ')} |`),
  ];
};

const format = (value: number | undefined): string =>
  value === undefined ? '' : Number.isInteger(value) ? String(value) : value.toFixed(3);

/** The README.md of a model folder: what the model is, how good, how made, how used. */
export function modelCard(manifest: Manifest, caveat: string): string {
  const { name, data, latent, likelihood, training, metrics } = manifest;
  const made = [
    training?.dataset && `data ${training.dataset}`,
    training?.steps !== undefined && `${training.steps} steps`,
    training?.seed !== undefined && `seed ${training.seed}`,
    training?.engine && `engine ${training.engine} (${training.device})`,
  ].filter(Boolean);
  const lines = [
    `# ${name}`,
    '',
    `${latent.kind === 'gaussian' ? 'A variational autoencoder' : 'An autoencoder'} for ${data.kind}s of shape ${data.shape.join('×')}, values ${data.range?.join('..')}; ` +
      `${latent.kind} latent of ${latent.shape.join('×')} dimensions, ${likelihood.kind} likelihood.`,
    '',
    '```ts',
    "import { VAE } from '@vae/sdk';",
    "const vae = await VAE.load('PATH_OF_THIS_FOLDER');",
    latent.kind === 'gaussian'
      ? 'const pictures = await vae.sample(16, { seed: 1 });'
      : 'const again = await vae.reconstruct(pictures);',
    'await vae.dispose();',
    '```',
    '',
    `Trained on ${made.join(', ')}. The recipe is in \`vae.json\` under \`training.recipe\`.`,
    '',
    ...(metrics ? metricsTable(metrics) : []),
    '',
    ...(latent.kind === 'gaussian' ? [caveat, ''] : []),
  ];
  return lines.join('\n');
}
