// Results as text: one table for each row of work.
import { bestPeers } from '../suites/training.mjs';
import { formatNumber, formatRatio } from './table.mjs';

const MEBIBYTE = 2 ** 20;

/** A contender without figures; a remark says why. */
const excuse = (header, { label }) => [label, ...header.slice(1).map(() => '–')];
const excuses = (contenders) =>
  contenders.filter(({ error }) => error).map(({ label, error }) => `${label}: ${error}`);

function training({ work, batch, threads, parameters, flopsPerSample, peakFlops, contenders }) {
  const header = [
    '',
    'samples/s',
    'best step',
    'CPU µs',
    'peak MiB',
    'first step s',
    '% of peak',
    'ours is faster by',
  ];
  const oursPeak = contenders[0].peakBytes;
  const rows = contenders.map((entry) => {
    if (entry.error) return excuse(header, entry);
    return [
      entry.label,
      formatNumber(entry.sustained),
      formatNumber(entry.best),
      formatNumber(entry.cpuMicros),
      formatNumber(entry.peakBytes / MEBIBYTE),
      formatNumber(entry.firstStepMs / 1000),
      formatNumber(100 * entry.shareOfPeak),
      entry.peer && entry.ours ? formatRatio(entry.ours) : '',
    ];
  });
  const best = contenders[0].error ? [] : bestPeers({ contenders });
  const remarks = best.map(
    ({ peer, label, ours, peakBytes }) =>
      `${peer} at its best (${label}): ours is ${formatRatio(ours)} times as fast, with ` +
      `${(oursPeak / peakBytes).toFixed(2)} times the memory.`,
  );
  for (const { label, compileMs } of contenders)
    if (compileMs)
      remarks.push(`${label}: ${formatNumber(compileMs / 1000)} s of the first step went into compiling.`);
  remarks.push(...excuses(contenders));
  const title =
    `${work}, batch ${batch}, ${threads} thread${threads > 1 ? 's' : ''} (${parameters.toLocaleString('en-US')} ` +
    `parameters, ${formatNumber(flopsPerSample / 1e6)} MFLOP a sample, peak ${formatNumber(peakFlops / 1e9)} GFLOP/s)`;
  return { title, header, rows, remarks };
}

function inference({ verb, batch, threads, contenders }) {
  const header = ['', 'samples/s', 'ms a call', 'best ms', 'CPU µs', 'peak MiB', 'time over bare'];
  const rows = contenders.map((entry) => {
    if (entry.error) return excuse(header, entry);
    return [
      entry.label,
      formatNumber(entry.sustained),
      entry.stepMs.toFixed(3),
      ((1000 * batch) / entry.best).toFixed(3),
      formatNumber(entry.cpuMicros),
      formatNumber(entry.peakBytes / MEBIBYTE),
      entry.overBare && entry.name !== 'ort' ? formatRatio(entry.overBare) : '',
    ];
  });
  return {
    title: `${verb}, batch ${batch}, ${threads} thread${threads > 1 ? 's' : ''}`,
    header,
    rows,
    remarks: excuses(contenders),
  };
}

function processes({ what, contenders }) {
  const header = ['', 'median ms', 'least', 'most'];
  const rows = contenders.map((entry) =>
    entry.error
      ? excuse(header, entry)
      : [entry.label, ...[entry.medianMs, entry.leastMs, entry.mostMs].map(formatNumber)],
  );
  return { title: `${what}, from the start of the process`, header, rows, remarks: excuses(contenders) };
}

const describers = { training, inference, process: processes };

/** Title, header, rows and remarks of one result. */
export const describeRow = (row) => describers[row.suite](row);
