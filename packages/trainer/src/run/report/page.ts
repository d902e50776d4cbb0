import type { Manifest } from '@vae/sdk/manifest';
import type { LatentStatistics } from '../evaluate.js';
import { drawCurves } from './curves.js';
import { formatCount, formatNumber, formatSeconds } from './format.js';
import { bestEpoch, type Epoch, type History, historyCurves } from './history.js';
import { type Html, html, trusted } from './html.js';
import type { Image } from './images.js';
import { latentSection } from './latent-section.js';
import { type Fact, hideHome } from './machine.js';
import { STYLE } from './style.js';
import { termsTable } from './terms-table.js';

export interface Picture {
  readonly caption: string;
  readonly image: Image;
}

/** Everything that the page shows. */
export interface PageContent {
  readonly manifest: Manifest;
  readonly statistics: LatentStatistics;
  /** What the bound is for this likelihood and data, one sentence. */
  readonly caveat: string;
  readonly history: History;
  readonly pictures: readonly Picture[];
  readonly machine: readonly Fact[];
  readonly command?: string;
}

const facts = (list: readonly Fact[]): Html =>
  html`<dl>${list.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

const section = (title: string, ...content: (Html | undefined)[]): Html =>
  html`<section><h2>${title}</h2>${content}</section>`;

/** Everything but the caveat, which tells what the numbers are. */
function describe({ data, latent, likelihood, training }: Manifest): string {
  const dimensions = latent.shape.join('×');
  const model = latent.kind === 'deterministic' ? 'An autoencoder' : 'A variational autoencoder';
  return (
    `${model} for ${data.kind}s of shape ${data.shape.join('×')}${training?.dataset ? ` from ${training.dataset}` : ''}: ` +
    `${latent.kind} code of ${dimensions} ${dimensions === '1' ? 'dimension' : 'dimensions'}, ` +
    `${likelihood.kind === 'none' ? 'no' : likelihood.kind} likelihood.`
  );
}

const NO_BOUND =
  ' A code without noise gives no bound, though: the loss of this model is its reconstruction term alone.';

function header({ manifest, caveat }: PageContent): Html {
  const { description } = recipeOf(manifest);
  return html`<header>
  <h1>${manifest.name}</h1>
  ${typeof description === 'string' ? html`<p>${description}</p>` : undefined}
  <p>${describe(manifest)} ${caveat}${manifest.latent.kind === 'deterministic' ? NO_BOUND : ''}</p>
</header>`;
}

const recipeOf = ({ training }: Manifest): Readonly<Record<string, unknown>> => training?.recipe ?? {};

function trainingFacts({ manifest: { training }, history: { epochs, seconds } }: PageContent): Fact[] {
  const last = epochs.at(-1);
  return [
    [
      'updates',
      `${formatCount(training?.steps ?? last?.step ?? 0)} steps, epochs begun: ${last?.epoch ?? 0}`,
    ],
    ['time', `${formatSeconds(seconds)} in updates, evaluation and pictures aside`],
    ['speed', last ? `${formatCount(last.samplesPerSecond)} samples/s in the last epoch` : 'none'],
    [
      'waiting for data',
      last?.waited === undefined
        ? 'unknown'
        : `${(100 * last.waited).toFixed(1)} % of the time in the last epoch`,
    ],
    ['gradient norm', `${formatNumber(last?.train.gradientNorm)}, mean over the last epoch`],
    ['seed', formatNumber(training?.seed)],
    ['engine', `${training?.engine ?? 'unknown'} (${training?.device ?? 'unknown'})`],
  ];
}

const resultNote = ({ latent }: Manifest): string =>
  '± is one standard error over the samples of the part. Train is the mean over the epoch, while the weights ' +
  `changed; the other parts are judged at its end${latent.kind === 'gaussian' ? ', with one draw of the code per sample' : ''}.`;

function results({ manifest, history: { epochs } }: PageContent): Html {
  const last = epochs.at(-1);
  if (!last) return section('Result', html`<p>No epoch was logged.</p>`);
  const best = bestEpoch(epochs);
  const chosen = best === last ? undefined : best;
  return section(
    'Result',
    chosen
      ? html`<p>The exported model has the weights of epoch ${chosen.epoch}, the best on validation data.</p>`
      : undefined,
    chosen ? termsTable(chosen, `Epoch ${chosen.epoch}, exported`) : undefined,
    termsTable(last, lastTitle(last, best)),
    html`<p class="note">${resultNote(manifest)}</p>`,
  );
}

const lastTitle = (last: Epoch, best: Epoch | undefined): string =>
  `Epoch ${last.epoch}, the last${best && best !== last ? '' : ', exported'}`;

function curvesSection(history: History): Html | undefined {
  const drawings = historyCurves(history).map(
    (curves) => html`<figure><h3>${curves.title}</h3>${drawCurves(curves)}</figure>`,
  );
  return drawings.length > 0 ? section('Training', html`<div class="columns">${drawings}</div>`) : undefined;
}

const figure = ({ caption, image }: Picture): Html =>
  html`<figure class="picture"><figcaption>${caption}</figcaption><img src="${image.source}" width="${image.width}" height="${image.height}" alt="${caption}"></figure>`;

/** The recipe as a file that can be trained again. */
function recipeJson(manifest: Manifest): string {
  return JSON.stringify(
    recipeOf(manifest),
    (_, value) => (typeof value === 'string' ? hideHome(value) : value),
    2,
  );
}

/** Each word in one piece, so that a narrow page breaks lines between words and not inside `--epochs`. */
const words = (command: string): Html[] =>
  hideHome(command)
    .split(' ')
    .map((word, i) => html`${i > 0 ? ' ' : ''}<span>${word}</span>`);

const commandSection = (command: string | undefined): Html | undefined =>
  command === undefined ? undefined : section('Repeat this run', html`<pre>${words(command)}</pre>`);

/**
 * The page as one HTML text that refers to nothing outside itself and runs no script.
 */
export function page(content: PageContent): string {
  const { manifest, statistics, history, pictures, machine, command } = content;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${manifest.name}: training report</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${header(content)}
${commandSection(command)}
${results(content)}
${curvesSection(history)}
${section('Latent code', latentSection(manifest, statistics))}
${pictures.length > 0 ? section('Pictures', ...pictures.map(figure)) : undefined}
${section('Run', facts(trainingFacts(content)))}
${section('Recipe', html`<details><summary>All settings, defaults filled in (JSON)</summary><pre>${recipeJson(manifest)}</pre></details>`)}
${section('Machine', facts(machine))}
</main>
</body>
</html>
`.text;
}
