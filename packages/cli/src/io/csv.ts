import { UsageError } from '@vae/trainer/terminal';

/** A line of a CSV file with its end; fields are quoted where they must be (RFC 4180). */
export const csvLine = (fields: readonly (string | number)[]): string =>
  `${fields.map((field) => quoted(String(field))).join(',')}\n`;

/** A CSV file with a header line. */
export function toCsv(header: readonly string[], rows: Iterable<readonly (string | number)[]>): string {
  return [header, ...rows].map(csvLine).join('');
}

/** The fields of a CSV file, line by line; empty lines are left out. */
export function parseCsv(text: string, path: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;
  const body = text.replace(/^\uFEFF/, '');
  while (field.lastIndex < body.length || row.length > 0) {
    const match = field.exec(body);
    if (match === null)
      throw new UsageError(`"${path}", line ${rows.length + 1}: a quote is open or out of place.`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]);
    if (match[3] === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
