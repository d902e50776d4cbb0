import { counted } from '../../text/counted.js';
import type { RunFacts } from '../facts.js';
import type { LatentView } from '../latent/latent-view.js';
import { drawCurves } from './curves.js';
import { formatCount, formatNumber, formatSeconds } from './format.js';
import { bestEpoch, type Epoch, type History, historyCurves } from './history.js';
import { type Html, html, trusted } from './html.js';
import { latentSection } from './latent-section.js';
import { type Fact, hideHome } from './machine.js';
import { type Drawn, type Picture, picturesSection } from './pictures-section.js';
import { STYLE } from './style.js';
import { termsTable } from './terms-table.js';

export type { Picture };

/** A recipe as its file says it, unchecked. */
export type RecipeText = Readonly<Record<string, unknown>>;

/** Everything that the page shows. */
export interface PageContent {
  /** Absent where the run's folder does not tell. */
  readonly facts?: RunFacts & Drawn;
  readonly recipe: RecipeText;
  readonly history: History;
  /** Absent before the first epoch's end. */
  readonly latent?: LatentView;
  readonly pictures: readonly Picture[];
  /** There is a model of this run. */
  readonly exported: boolean;
  /** The page loads itself again so often. */
  readonly refreshSeconds?: number;
}

const facts = (list: readonly Fact[]): Html =>
  html`<dl>${list.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

const section = (title: string, ...content: (Html | undefined)[]): Html =>
  html`<section><h2>${title}</h2>${content}</section>`;

const nameOf = ({ recipe }: PageContent): string => (typeof recipe.name === 'string' ? recipe.name : 'run');

const isGaussian = ({ facts, history }: PageContent): boolean =>
  facts ? facts.latentKind === 'gaussian' : history.epochs.some(({ klPerDimension }) => klPerDimension);

const typeOf = (value: unknown): string =>
  typeof value === 'string' ? value : String((value as { type?: unknown } | undefined)?.type ?? 'unknown');

/** Everything but the caveat, which tells what the numbers are. */
function describe({ kind, shape, dataset, latentKind }: RunFacts, recipe: RecipeText): string {
  const { latent, conditional } = (recipe.model ?? {}) as { latent?: number; conditional?: boolean };
  const name = latentKind === 'deterministic' ? 'autoencoder' : 'variational autoencoder';
  const model = conditional
    ? `A conditional ${name}`
    : `A${latentKind === 'deterministic' ? 'n' : ''} ${name}`;
  return (
    `${model} for ${kind === 'image' ? 'images' : `${kind} data`} of shape ${shape.join('×')} from ${dataset}: ` +
    `${latentKind} code of ${latent ?? 'unknown'} ${latent === 1 ? 'dimension' : 'dimensions'}, ` +
    `${typeOf(recipe.likelihood)} likelihood, objective ${typeOf(recipe.objective)}.`
  );
}

const NO_BOUND =
  ' A code without noise gives no bound, though: the loss of this model is its reconstruction term alone.';

/** Where the run stands. */
function status({ facts, history }: PageContent): string | undefined {
  const step = Math.max(history.epochs.at(-1)?.step ?? 0, history.steps.at(-1)?.step ?? 0);
  const done = facts ? `${formatCount(step)} of ${formatCount(facts.steps)} steps are logged` : '';
  switch (facts?.ended) {
    case 'steps':
      return undefined;
    case 'patience':
      return 'Ended early: no better bound on validation data for a while.';
    case 'time':
      return `Ended at the time limit: ${done}.`;
    case 'signal':
      return `Stopped before its end: ${done}. It can be resumed.`;
    default:
      return facts && `Not finished: ${done}. The run is under way, or was killed.`;
  }
}

function header(content: PageContent): Html {
  const { facts, recipe } = content;
  const { description } = recipe;
  const where = status(content);
  return html`<header>
  <h1>${nameOf(content)}</h1>
  ${where === undefined ? undefined : html`<p class="status">${where}</p>`}
  ${typeof description === 'string' ? html`<p>${description}</p>` : undefined}
  ${facts && html`<p>${describe(facts, recipe)} ${facts.caveat}${facts.latentKind === 'deterministic' ? NO_BOUND : ''}</p>`}
</header>`;
}

function trainingFacts({ facts, recipe, history: { epochs, seconds } }: PageContent): Fact[] {
  const last = epochs.at(-1);
  const samples = Object.entries(facts?.samples ?? {}).map(
    ([part, count]) => `${part} ${formatCount(count!)}`,
  );
  return [
    ['updates', `${counted(last?.step ?? 0, 'step', formatCount)}, epochs begun: ${last?.epoch ?? 0}`],
    ['samples', samples.join(', ') || 'unknown'],
    ['parameters', facts ? formatCount(facts.parameters) : 'unknown'],
    ['time', `${formatSeconds(seconds)} in updates, evaluation and pictures aside`],
    ['speed', last ? `${formatCount(last.samplesPerSecond)} samples/s in the last epoch` : 'none'],
    [
      'waiting for data',
      last?.waited === undefined
        ? 'unknown'
        : `${(100 * last.waited).toFixed(1)} % of the time in the last epoch`,
    ],
    ['gradient norm', `${formatNumber(last?.train.gradientNorm)}, mean over the last epoch`],
    ['seed', formatNumber(recipe.seed)],
    ['engine', facts?.engine ?? 'unknown'],
  ];
}

const resultNote = (gaussian: boolean): string =>
  '± is one standard error over the samples of the part. Train is the mean over the epoch, while the weights ' +
  `changed; the other parts are judged at its end${gaussian ? ', with one draw of the code per sample' : ''}.`;

function results(content: PageContent): Html {
  const { epochs } = content.history;
  const last = epochs.at(-1);
  if (!last) return section('Result', html`<p>No epoch was logged.</p>`);
  const best = bestEpoch(epochs);
  const chosen = best === last ? undefined : best;
  const sentence = content.exported
    ? `The exported model has the weights of epoch ${chosen?.epoch}, the best on validation data.`
    : `Epoch ${chosen?.epoch} is the best on validation data so far.`;
  return section(
    'Result',
    chosen ? html`<p>${sentence}</p>` : undefined,
    chosen
      ? termsTable(chosen, `Epoch ${chosen.epoch}, ${content.exported ? 'exported' : 'the best so far'}`)
      : undefined,
    termsTable(last, `Epoch ${last.epoch}, the last${content.exported && !chosen ? ', exported' : ''}`),
    html`<p class="note">${resultNote(isGaussian(content))}</p>`,
  );
}

function curvesSection(history: History): Html | undefined {
  const drawings = historyCurves(history).map(
    (curves) => html`<figure><h3>${curves.title}</h3>${drawCurves(curves)}</figure>`,
  );
  return drawings.length > 0 ? section('Training', html`<div class="columns">${drawings}</div>`) : undefined;
}

function codeSection(content: PageContent, epochs: readonly Epoch[]): Html | undefined {
  const { latent, exported } = content;
  if (!latent) return undefined;
  const weights = exported ? 'exported' : 'latest';
  return section('Latent code', latentSection(latent, { gaussian: isGaussian(content), epochs, weights }));
}

/** The recipe as a file that can be trained again. */
const recipeJson = (recipe: RecipeText): string =>
  JSON.stringify(recipe, (_, value) => (typeof value === 'string' ? hideHome(value) : value), 2);

/** Each word in one piece, so that a narrow page breaks lines between words and not inside `--epochs`. */
const words = (command: string): Html[] =>
  hideHome(command)
    .split(' ')
    .map((word, i) => html`${i > 0 ? ' ' : ''}<span>${word}</span>`);

const commandSection = (run: RunFacts | undefined): Html | undefined =>
  run?.command === undefined
    ? undefined
    : section(
        'Repeat this run',
        html`<pre>${words(run.command)}</pre>`,
        run.changes &&
          html`<ul>${run.changes.map(({ step, text }) => html`<li>After step ${formatCount(step)}, with --resume: ${hideHome(text)}</li>`)}</ul>`,
      );

/** What the page may do, here and in the headers of who serves it. */
export const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/**
 * The page as one HTML text that refers to nothing outside itself and runs no script.
 */
export function page(content: PageContent): string {
  const { facts: run, recipe, history, pictures, refreshSeconds } = content;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
${refreshSeconds === undefined ? undefined : html`<meta http-equiv="refresh" content="${refreshSeconds}">`}
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${nameOf(content)}: training report</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${header(content)}
${commandSection(run)}
${results(content)}
${curvesSection(history)}
${codeSection(content, history.epochs)}
${pictures.length > 0 ? section('Pictures', picturesSection(pictures, run)) : undefined}
${section('Run', facts(trainingFacts(content)))}
${section('Recipe', html`<details><summary>All settings, defaults filled in (JSON)</summary><pre>${recipeJson(recipe)}</pre></details>`)}
${run && section('Machine', facts(run.machine))}
</main>
</body>
</html>
`.text;
}
