// The tables of docs/performance.md: a line for each row of work.
import { bestPeers } from '../suites/training.mjs';
import { formatNumber, formatRatio, markdownTable } from './table.mjs';

const peers = ['PyTorch', 'tfjs-node', 'Keras', 'tfjs-wasm', 'jax-js'];

function trainingTable(rows) {
  const header = [
    'recipe',
    'batch',
    'threads',
    'samples/s',
    '% of peak',
    'memory / PyTorch',
    ...peers.map((peer) => `over ${peer}`),
  ];
  const lines = rows.map(({ work, batch, threads, contenders }) => {
    const [ours] = contenders;
    const best = new Map(bestPeers({ contenders }).map((entry) => [entry.peer, entry]));
    const ratios = peers.map((peer) => (best.get(peer)?.ours ? formatRatio(best.get(peer).ours) : '–'));
    const memory = best.has('PyTorch') ? (ours.peakBytes / best.get('PyTorch').peakBytes).toFixed(2) : '–';
    const figures = ours.error
      ? [ours.error, '–']
      : [formatNumber(ours.sustained), formatNumber(100 * ours.shareOfPeak)];
    return [work, String(batch), String(threads), ...figures, memory, ...ratios];
  });
  return markdownTable(header, lines);
}

function inferenceTable(rows) {
  const names = rows[0].contenders.map(({ label }) => label);
  const lines = rows.map(({ verb, batch, contenders }) => [
    `${verb}, batch ${batch}`,
    ...contenders.map(({ error, stepMs }) => (error ? '–' : stepMs.toFixed(3))),
  ]);
  return markdownTable(['ms a call', ...names], lines);
}

function processTable(rows) {
  const names = rows[0].contenders.map(({ label }) => label);
  const spread = ({ error, medianMs, leastMs, mostMs }) =>
    error ? '–' : `${formatNumber(medianMs)} (${formatNumber(leastMs)}–${formatNumber(mostMs)})`;
  return markdownTable(
    ['ms from the start of the process', ...names],
    rows.map(({ what, contenders }) => [what, ...contenders.map(spread)]),
  );
}

const tables = { training: trainingTable, inference: inferenceTable, process: processTable };

/**
 * Markdown for one suite, with the machine that it was measured on; undefined where the result has none of it.
 *
 * @param result what `run.mjs --json` has written
 * @param suite training, inference or process
 */
export function summaryOf({ date, machine, load, rounds, seconds, rows }, suite) {
  const own = rows.filter((row) => row.suite === suite);
  if (own.length === 0) return undefined;
  const turns =
    suite === 'process' ? `${rounds} rounds in turn` : `${rounds} rounds in turn, up to ${seconds} s each`;
  const where = `${date.slice(0, 10)}, ${machine.split('\n').join(', ')}; ${turns}; ${load.before} before, ${load.after} after.`;
  return `${tables[suite](own)}\n\n${where}`;
}

/**
 * Puts text into a section of a document, between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`; a section that is not
 * there goes to the end.
 */
export function putSection(document, { name, heading, intro }, text) {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [start, end] = [document.indexOf(open), document.indexOf(close)];
  const block = `${open}\n${text}\n`;
  if (start >= 0 && end > start) return `${document.slice(0, start)}${block}${document.slice(end)}`;
  return `${document.trimEnd()}\n\n## ${heading}\n\n${intro}\n\n${block}${close}\n`;
}
