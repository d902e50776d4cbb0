import { oneLine } from '../../text/one-line.js';

/** The longest row that is read. */
export const MAX_ROW_BYTES = 2 ** 24;

/** What is told of a file that csv-parse cannot take apart. */
export interface CsvFault {
  readonly code: string;
  readonly lines: number;
  readonly message: string;
}

/** What stands between fields where it is no comma. */
const OTHER_DELIMITERS = /[;\t|]/;

/**
 * How to say that a sign in a text parts the columns; undefined where there is none that often does.
 *
 * @example hintOfDelimiter('age;size') // 'If ";" parts the columns, add "delimiter=;"'
 */
export function hintOfDelimiter(text: string): string | undefined {
  const [sign] = OTHER_DELIMITERS.exec(text) ?? [];
  if (sign === undefined) return undefined;
  return sign === '\t'
    ? 'If tabs part the columns, add "delimiter=tab"'
    : `If "${sign}" parts the columns, add "delimiter=${sign}"`;
}

/** What is wrong with a file in words that say what to do: where, what came, and what was expected. */
export function describeFault({ code, lines, message }: CsvFault): string {
  switch (code) {
    case 'CSV_MAX_RECORD_SIZE':
      return `a row that begins near line ${lines} is longer than ${MAX_ROW_BYTES} bytes. A quotation mark may not be closed, or the delimiter is another.`;
    case 'CSV_INVALID_CLOSING_QUOTE': {
      // Mostly the file has another delimiter, and its fields are quoted.
      const [, sign = ''] = /got "([\s\S]*?)" at line/.exec(message) ?? [];
      const advice = hintOfDelimiter(sign) ?? 'Write a quotation mark within quotes twice';
      return `line ${lines}: a quoted field is followed by "${oneLine(sign)}", expected the delimiter or the end of the line. ${advice}.`;
    }
    case 'INVALID_OPENING_QUOTE':
      return (
        `line ${lines}: a quotation mark within a field that has none around it. Put such fields in quotes, with the marks in ` +
        'them twice, or say with delimiter= what parts the columns.'
      );
    case 'CSV_QUOTE_NOT_CLOSED':
      return `a quotation mark is never closed; the file ends at line ${lines} within quotes.`;
    default:
      return `${message.split('\n')[0]}.`;
  }
}
