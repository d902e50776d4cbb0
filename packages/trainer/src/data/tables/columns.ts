import { TrainerError } from '../../errors.js';
import { nearest } from '../../text/nearest.js';
import { listed, shortened } from './listed.js';

/** What a spec says of the columns of a file. */
export interface ColumnOptions {
  readonly label?: string;
  readonly columns?: readonly string[];
  readonly drop?: readonly string[];
}

/** About names that are empty or there twice. */
interface NameRules {
  /** What to do about them. */
  readonly advice?: string;
  /** Columns without a name are neither values nor the label, in place of being refused. */
  readonly passUnnamed?: boolean;
}

const NAME_EACH = 'Give every column a name of its own.';

/** Which columns of a file are values, and which one is the label. */
export class ColumnChoice {
  /** Places of the values, in the order they have in an item. */
  readonly places: readonly number[];
  readonly names: readonly string[];
  readonly label: number | undefined;
  /** Columns in the file. */
  readonly count: number;

  /**
   * @param header every column of the file
   * @throws TrainerError "bad-data" for a name that is empty or there twice, "bad-option" for a column that is not there,
   *   or is chosen twice
   */
  constructor(
    file: string,
    header: readonly string[],
    { label, columns, drop = [] }: ColumnOptions,
    { advice = NAME_EACH, passUnnamed = false }: NameRules = {},
  ) {
    this.count = header.length;
    for (const [i, name] of header.entries()) {
      if (name === '' ? passUnnamed : header.indexOf(name) === i) continue;
      const what =
        name === '' ? `column ${i + 1} has no name` : `the name "${shortened(name)}" is there twice`;
      throw new TrainerError('bad-data', `${file}: in the header, ${what}. ${advice}`);
    }
    const find = (name: string) => placeOf(file, header, name);
    this.label = label === undefined ? undefined : find(label);
    const left = new Set([...drop.map(find), ...(this.label === undefined ? [] : [this.label])]);
    const twice = columns?.find((name, i) => columns.indexOf(name) !== i);
    if (twice !== undefined)
      throw new TrainerError(
        'bad-option',
        `${file}: columns names "${shortened(twice)}" twice; name it once.`,
      );
    const wanted = columns
      ? columns.map(find)
      : Array.from(header.keys()).filter((place) => header[place] !== '');
    this.places = wanted.filter((place) => !left.has(place));
    this.names = this.places.map((place) => header[place]);
    if (this.places.length > 0) return;
    throw new TrainerError('bad-option', `${file}: no column is left for the values.`);
  }
}

function placeOf(file: string, header: readonly string[], name: string): number {
  const place = header.indexOf(name);
  if (place >= 0) return place;
  const best = nearest(name, header);
  throw new TrainerError(
    'bad-option',
    `${file}: there is no column "${name}". ${best ? `Did you mean "${shortened(best)}"? ` : ''}Its columns are ${listed(header.filter((other) => other !== ''))}.`,
  );
}
