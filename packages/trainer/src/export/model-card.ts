import type { Manifest } from '@vae/sdk/manifest';
import { counted } from '../text/counted.js';
import { preparationNotes } from './preparation-notes.js';

/** A dimension whose KL stays below this carries next to nothing about the data. */
export const ACTIVE_NATS = 0.01;

/** A file as the manifest names it. */
export type FileEntry = NonNullable<Manifest['files']['encoder']>;

type Numbers = Readonly<Record<string, number>>;

const FIRST = ['bound', 'loss', 'reconstruction', 'kl'];
/** What stands beside the terms of the objective, or in the table's head. */
const NOT_TERMS = new Set(['samples', 'standardError', 'gradientNorm']);

const format = (value: number | undefined): string =>
  value === undefined ? '' : Number.isInteger(value) ? String(value) : value.toFixed(3);

const count = (value: number): string => value.toLocaleString('en-US');

/** A measured term; the one that models are judged by has its error. */
function cell(numbers: Numbers, term: string): string {
  const judged = 'bound' in numbers ? 'bound' : 'loss';
  const error = term === judged && numbers.standardError !== undefined;
  return format(numbers[term]) + (error ? ` ± ${format(numbers.standardError)}` : '');
}

function metricsTable({ train, validation, ...rest }: NonNullable<Manifest['metrics']>): string[] {
  const parts = Object.entries({ train, validation, ...rest }).filter(
    (entry): entry is [string, Numbers] => entry[1] !== undefined,
  );
  const names = new Set(parts.flatMap(([, numbers]) => Object.keys(numbers)));
  const terms = [...new Set([...FIRST, ...names])].filter((name) => names.has(name) && !NOT_TERMS.has(name));
  const heads = parts.map(([part, { samples }]) =>
    samples === undefined ? part : `${part}, ${counted(samples, 'sample', count)}`,
  );
  return [
    `| nats per sample | ${heads.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(parts.length)}`,
    ...terms.map((term) => `| ${term} | ${parts.map(([, numbers]) => cell(numbers, term)).join(' | ')} |`),
    '',
    '± is one standard error over the samples. Train is the mean over ' +
      (validation
        ? `the epoch of these weights, while they changed. The ${'bound' in validation ? 'best bound' : 'lowest loss'} on the validation part chose it.`
        : 'the last epoch, while the weights changed.'),
  ];
}

/** How much of the code is used: a model that ignores most of it says so here. */
function latentUse({ prior }: Manifest): string[] {
  const kl = prior?.kl;
  if (!kl) return [];
  const used = kl.filter((nats) => nats > ACTIVE_NATS).length;
  const total = kl.reduce((sum, nats) => sum + nats, 0);
  return [
    `Of ${kl.length} latent dimensions ${used} ${used === 1 ? 'has' : 'have'} a KL to the prior above ${ACTIVE_NATS} nats; together ${format(total)} nats per sample, over training data.`,
    '',
  ];
}

/** A file in the card's table, which an exported copy looks for. */
export const fileRow = ({ path, bytes, sha256 }: FileEntry): string =>
  `| ${path} | ${count(bytes)} | \`${sha256}\` |`;

function filesTable({ files }: Manifest): string[] {
  const rows = Object.values(files).flatMap((file) => (file ? [fileRow(file)] : []));
  return ['| file | bytes | SHA-256 |', '| --- | ---: | --- |', ...rows];
}

/** Classes that the card names, the first ones. */
const MOST_NAMED = 20;

/** Text as it stands, whatever it would mean in Markdown. */
function asCode(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}

/** What a conditional model takes beside data and codes. */
function conditioning({ labels }: Manifest): string[] {
  if (!labels?.conditional) return [];
  const { classes = [] } = labels;
  const named = classes.slice(0, MOST_NAMED).map(asCode).join(', ');
  return [
    `Conditional: the decoder draws the class that it is asked for, one of ${classes.length} (${named}${classes.length > MOST_NAMED ? ', …' : ''}). ` +
      `\`encoder.onnx\` takes \`label\` beside \`x\`, and \`decoder.onnx\` beside \`z\`, float32 N × ${classes.length}: 1 at the number of the class, ` +
      'counted from 0 in that order, and 0 elsewhere.',
    '',
  ];
}

function describe({ data, latent, likelihood, labels }: Manifest): string {
  const kind = latent.kind === 'deterministic' ? 'autoencoder' : 'variational autoencoder';
  const model = labels?.conditional
    ? `A conditional ${kind}`
    : `A${latent.kind === 'deterministic' ? 'n' : ''} ${kind}`;
  const what = data.kind === 'image' ? 'images' : `${data.kind} data`;
  const range = data.range ? `, values ${data.range.join('..')}` : '';
  return `${model} for ${what} of shape ${data.shape.join('×')}${range}; ${latent.kind} latent of ${latent.shape.join('×')} dimensions, ${likelihood.kind} likelihood.`;
}

function preparation(manifest: Manifest): string[] {
  const notes = preparationNotes(manifest, '`vae.json`');
  return notes.length > 0 ? [notes.join(' '), ''] : [];
}

/** The class of the example: the last one, as it cannot be the default of anything. */
const exampleLabel = ({ labels }: Manifest): string | undefined =>
  labels?.conditional ? `label: ${JSON.stringify(labels.classes?.at(-1))}` : undefined;

function call(manifest: Manifest): string {
  const label = exampleLabel(manifest);
  if (manifest.latent.kind !== 'gaussian')
    return `const again = await vae.reconstruct(pictures${label ? `, { ${label} }` : ''});`;
  return `const pictures = await vae.sample(16, { seed: 1${label ? `, ${label}` : ''} });`;
}

const usage = (manifest: Manifest): string[] => [
  '```ts',
  "import { VAE } from '@vae/sdk';",
  "const vae = await VAE.load('PATH_OF_THIS_FOLDER');",
  call(manifest),
  'await vae.dispose();',
  '```',
];

function making({ training = {} }: Manifest): string[] {
  const { dataset, steps, seed, engine, device, versions = {} } = training;
  const made = [
    dataset && `data ${dataset}`,
    steps !== undefined && counted(steps, 'step', count),
    seed !== undefined && `seed ${seed}`,
    engine && `engine ${engine} (${device})`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ].filter(Boolean);
  if (made.length === 0) return [];
  return [
    `Trained on ${made.join(', ')}.`,
    '',
    'The recipe is in `vae.json` under `training.recipe`: as a file of its own, `vae-train FILE` trains it again.',
    '',
  ];
}

/**
 * The README.md of a model folder: what the model is, how good by which measure, how it was made and how to use it.
 * Every number is one that the manifest holds.
 */
export function modelCard(manifest: Manifest, caveat: string): string {
  const { name, latent, metrics } = manifest;
  return [
    `# ${name}`,
    '',
    describe(manifest),
    '',
    ...conditioning(manifest),
    ...preparation(manifest),
    ...usage(manifest),
    '',
    ...(metrics ? ['## Measured', '', ...metricsTable(metrics), ''] : []),
    ...(latent.kind === 'gaussian' ? [caveat, ''] : []),
    ...latentUse(manifest),
    '## Made',
    '',
    ...making(manifest),
    ...filesTable(manifest),
    '',
  ].join('\n');
}
