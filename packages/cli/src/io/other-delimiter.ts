import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { UsageError } from '@vae/trainer/terminal';

/** What stands between fields where it is no comma, and how the option `delimiter` names it. */
const others = [
  [';', ';'],
  ['\t', 'tab'],
  ['|', '|'],
] as const;

/** A header is looked for in so many bytes. */
const headBytes = 2 ** 18;

/**
 * A clearer error for a CSV file that was read with commas and has the columns of a model between other signs.
 *
 * @param spec as it was opened, such as `csv:new.csv?`
 * @returns undefined for anything else
 */
export async function otherDelimiter(
  spec: string,
  data: { readonly shape: readonly number[]; readonly columns?: readonly string[] } | undefined,
  cause: unknown,
): Promise<UsageError | undefined> {
  const [, file, options = ''] = /^csv:(.*?)(?:\?([^?]*))?$/s.exec(spec) ?? [];
  if (file === undefined || data === undefined || /(^|&)delimiter=/.test(options)) return undefined;
  const header = await firstLine(file).catch(() => undefined);
  const found = others.find(([sign]) => header !== undefined && fits(header.split(sign), data));
  if (!found) return undefined;
  const advice = `csv:${file}?${options === '' ? '' : `${options}&`}delimiter=${found[1]}`;
  const sign = found[1] === 'tab' ? 'tabs' : `"${found[0]}"`;
  return new UsageError(`"${file}" has ${sign} between its columns, not commas; give it as "${advice}".`, {
    cause,
  });
}

/** Whether the columns that a model needs are there; without names, whether there are enough of them. */
function fits(
  fields: readonly string[],
  { shape, columns }: { readonly shape: readonly number[]; readonly columns?: readonly string[] },
): boolean {
  const names = new Set(fields.map((field) => field.trim().replace(/^"(.*)"$/, '$1')));
  if (columns) return columns.every((name) => names.has(name));
  return shape.length === 1 && fields.length > 1 && fields.length >= shape[0];
}

async function firstLine(path: string): Promise<string> {
  // Without O_NONBLOCK, opening a pipe waits until somebody writes to it. Windows has no such flag.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\uFEFF/, '')
      .split(/[\r\n]/, 1)[0];
  } finally {
    await file.close();
  }
}
