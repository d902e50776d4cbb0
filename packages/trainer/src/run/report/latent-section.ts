import { ACTIVE_NATS } from '../../export/model-card.js';
import type { LatentStatistics } from '../latent/codes.js';
import type { LatentView } from '../latent/latent-view.js';
import { drawBars } from './bars.js';
import { drawCurves } from './curves.js';
import { evenly } from './evenly.js';
import { formatCount, formatNumber } from './format.js';
import { drawHeatMap } from './heat-map.js';
import { activeUnitsCurve, type Epoch } from './history.js';
import { type Html, html } from './html.js';
import { drawScatter } from './scatter.js';

/** Columns and rows of the drawing of KL over epochs. */
const MOST_COLUMNS = 60;
const MOST_ROWS = 40;

interface Dimension {
  readonly name: string;
  readonly mean: number;
  readonly std: number;
  readonly meanVariance: number;
  /** Absent for a code without noise. */
  readonly kl?: number;
}

function dimensions({ mean, std, meanVariance, kl }: LatentStatistics, gaussian: boolean): Dimension[] {
  const all = mean.map((m, d) => ({
    name: `z${d}`,
    mean: m,
    std: std[d],
    meanVariance: meanVariance[d],
    ...(gaussian && { kl: kl[d] }),
  }));
  const size = (one: Dimension) => one.kl ?? one.std;
  return all.sort((a, b) => size(b) - size(a));
}

const row = ({ name, mean, std, meanVariance, kl }: Dimension): Html =>
  html`<tr><th scope="row">${name}</th><td>${formatNumber(kl)}</td><td>${formatNumber(mean)}</td><td>${formatNumber(std)}</td><td>${formatNumber(meanVariance)}</td></tr>`;

const table = (list: readonly Dimension[]): Html =>
  html`<div class="tall"><table>
<thead><tr><th scope="col">dimension</th><th scope="col">KL, nats</th><th scope="col">mean</th><th scope="col">deviation</th><th scope="col">variance<br>of means</th></tr></thead>
<tbody>${list.map(row)}</tbody>
</table></div>`;

function klDrawing(list: readonly Dimension[]): Html {
  const bars = list.map(({ name, kl = 0 }) => ({ name, value: kl, faint: !(kl > ACTIVE_NATS) }));
  const labels = { x: 'latent dimension, most KL first', y: 'nats' };
  return html`<figure><h3>KL per dimension</h3>${drawBars('KL per latent dimension, nats', labels, bars)}</figure>`;
}

function deviationDrawing(list: readonly Dimension[]): Html {
  const bars = list.map(({ name, std }) => ({ name, value: std }));
  const labels = { x: 'latent dimension, widest first', y: 'standard deviation of the code' };
  return html`<figure><h3>Spread per dimension</h3>${drawBars('Standard deviation of the code per dimension', labels, bars)}</figure>`;
}

function summary(statistics: LatentStatistics, list: readonly Dimension[], gaussian: boolean): string {
  // A `latent.json` that an older version wrote does not count them.
  const active = `Active units: ${statistics.activeUnits ?? '?'} of ${list.length} (variance of the means over the data above 0.01; Burda et al. 2016, section 5.2).`;
  if (!gaussian) return `${active} The code has no noise, so it has no KL to the prior: none.`;
  const above = list.filter(({ kl = 0 }) => kl > ACTIVE_NATS).length;
  const total = list.reduce((sum, { kl = 0 }) => sum + kl, 0);
  return `${active} With KL above ${ACTIVE_NATS} nats: ${above}. Together ${formatNumber(total)} nats per sample.`;
}

/** KL of each dimension at each epoch, most at the end first. */
function klOverEpochs(epochs: readonly Epoch[]): Html | undefined {
  const told = evenly(
    epochs.filter(({ klPerDimension }) => klPerDimension !== undefined),
    MOST_COLUMNS,
  );
  if (told.length < 2) return undefined;
  const last = told.at(-1)!.klPerDimension!;
  const order = last.map((_, d) => d).sort((a, b) => last[b] - last[a]);
  const rows = order.slice(0, MOST_ROWS);
  const note = rows.length < order.length ? `, the first ${rows.length} of ${order.length}` : '';
  const drawn = drawHeatMap({
    title: 'KL per latent dimension over epochs, nats',
    labels: { x: 'epoch', y: `dimension, most KL at the end first${note}` },
    rows: rows.map((d) => `z${d}`),
    columns: told.map(({ epoch }) => String(epoch)),
    values: rows.map((d) => told.map(({ klPerDimension }) => klPerDimension![d] ?? 0)),
    unit: 'nats',
  });
  return html`<figure><h3>KL per dimension over epochs</h3>${drawn}</figure>`;
}

function activeOverEpochs(epochs: readonly Epoch[]): Html | undefined {
  const curves = activeUnitsCurve(epochs);
  return curves && html`<figure><h3>${curves.title}</h3>${drawCurves(curves)}</figure>`;
}

const WEIGHTS = { exported: 'the exported weights', latest: 'the weights of the last epoch' } as const;

/** How much each latent dimension is used, now and over epochs, and where codes lie. */
export function latentSection(
  { part, statistics, scatter, epoch }: LatentView,
  {
    gaussian,
    epochs,
    weights,
  }: { gaussian: boolean; epochs: readonly Epoch[]; weights: keyof typeof WEIGHTS },
): Html {
  const list = dimensions(statistics, gaussian);
  const plane =
    scatter &&
    html`<figure><h3>Codes${scatter.classes ? ' by class' : ''}</h3>${drawScatter(scatter)}</figure>`;
  return html`<p>${summary(statistics, list, gaussian)}</p>
<p class="note">Means of the codes of ${formatCount(statistics.samples)} ${part} samples, with ${WEIGHTS[weights]} (epoch ${epoch}).</p>
<div class="columns">${plane}${gaussian ? klDrawing(list) : deviationDrawing(list)}${klOverEpochs(epochs)}${activeOverEpochs(epochs)}${table(list)}</div>`;
}
