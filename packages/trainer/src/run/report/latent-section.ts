import type { Manifest } from '@vae/sdk/manifest';
import type { LatentStatistics } from '../evaluate.js';
import { drawBars } from './bars.js';
import { formatCount, formatNumber } from './format.js';
import { type Html, html } from './html.js';

/** A dimension whose KL stays below this carries nothing about the data. */
export const ACTIVE_NATS = 0.01;

interface Dimension {
  readonly name: string;
  readonly mean: number;
  readonly std: number;
  /** Absent for a code without noise. */
  readonly kl?: number;
}

function dimensions({ mean, std, kl }: LatentStatistics, gaussian: boolean): Dimension[] {
  const all = mean.map((m, d) => ({
    name: `z${d}`,
    mean: m,
    std: std[d],
    ...(gaussian && { kl: kl[d] }),
  }));
  const size = (one: Dimension) => one.kl ?? one.std;
  return all.sort((a, b) => size(b) - size(a));
}

const row = ({ name, mean, std, kl }: Dimension): Html =>
  html`<tr><th scope="row">${name}</th><td>${formatNumber(kl)}</td><td>${formatNumber(mean)}</td><td>${formatNumber(std)}</td></tr>`;

const table = (list: readonly Dimension[]): Html =>
  html`<div class="tall"><table>
<thead><tr><th scope="col">dimension</th><th scope="col">KL, nats</th><th scope="col">mean</th><th scope="col">deviation</th></tr></thead>
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

function summary(list: readonly Dimension[], gaussian: boolean): string {
  if (!gaussian) return 'The code has no noise, so it has no KL to the prior: none.';
  const active = list.filter(({ kl = 0 }) => kl > ACTIVE_NATS).length;
  const total = list.reduce((sum, { kl = 0 }) => sum + kl, 0);
  return (
    `Active units: ${active} of ${list.length} (KL > ${ACTIVE_NATS} nats). ` +
    `Together ${formatNumber(total)} nats per sample.`
  );
}

/** How much each latent dimension is used, by the exported weights. */
export function latentSection({ latent }: Manifest, statistics: LatentStatistics): Html {
  const gaussian = latent.kind !== 'deterministic';
  const list = dimensions(statistics, gaussian);
  return html`<p>${summary(list, gaussian)}</p>
<p class="note">Means over ${formatCount(statistics.samples)} training samples, with the exported weights.</p>
<div class="columns">${gaussian ? klDrawing(list) : deviationDrawing(list)}${table(list)}</div>`;
}
