/** Numbers to the right, words to the left. */
const isNumber = (cell) => /^[−+–\d]/.test(cell);

/** A table for the terminal. */
export function textTable(header, rows) {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) =>
        column > 0 && (isNumber(cell) || row === header)
          ? cell.padStart(widths[column])
          : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line)].join('\n');
}

/** The same in Markdown. */
export function markdownTable(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** 12,345; 12.3; 1.23: three digits at least, none that mean nothing. */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return '–';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** 1.53 (1.47–1.60) */
export const formatRatio = ({ median, least, most }) =>
  `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
