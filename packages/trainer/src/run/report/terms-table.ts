import { counted } from '../../text/counted.js';
import type { Metrics } from '../metrics.js';
import { PARTS } from './curves.js';
import { formatCount, formatNumber } from './format.js';
import { type Epoch, judgedTerm, termNames } from './history.js';
import { type Html, html } from './html.js';

function cell(metrics: Metrics, term: string): Html {
  const { standardError } = metrics;
  const judged = term === judgedTerm(metrics) && typeof standardError === 'number';
  const error = judged ? html` <span>± ${formatNumber(standardError)}</span>` : undefined;
  return html`<td>${formatNumber(metrics[term])}${error}</td>`;
}

const samples = ({ samples }: Metrics): Html | undefined =>
  typeof samples === 'number' ? html`<small>${counted(samples, 'sample', formatCount)}</small>` : undefined;

/** An epoch's terms: a row per term, a column per part of the data. */
export function termsTable(epoch: Epoch, title: string): Html {
  const parts = PARTS.flatMap((name) => (epoch[name] ? [{ name, metrics: epoch[name] }] : []));
  const terms = termNames(parts.map(({ metrics }) => metrics));
  const head = parts.map(({ name, metrics }) => html`<th scope="col">${name}${samples(metrics)}</th>`);
  const rows = terms.map(
    (term) => html`<tr><th scope="row">${term}</th>${parts.map(({ metrics }) => cell(metrics, term))}</tr>`,
  );
  return html`<h3>${title}</h3><div class="scroll"><table>
<thead><tr><th scope="col">nats per sample</th>${head}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}
