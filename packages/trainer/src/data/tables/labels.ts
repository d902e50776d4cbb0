import { TrainerError } from '../../errors.js';
import { listed, shortened } from './listed.js';
import type { Labels } from './table.js';

/** Most classes; more distinct labels are numbers that were measured, not classes. */
const MAX_CLASSES = 4096;
/** Longest name of a class. */
const MAX_LENGTH = 500;

/** Collects the label of each item and numbers the classes. */
export class LabelCollector {
  private readonly known = new Map<string, number>();
  private numbers = new Int32Array(1024);
  private size = 0;

  /** @param file for errors */
  constructor(private readonly file: string) {}

  /**
   * @param where the item, for errors
   * @throws TrainerError "bad-data" for a label that is empty or too long, and for too many classes
   */
  add(label: string, where: string): void {
    if (label === '' || label.length > MAX_LENGTH) {
      const what = label === '' ? 'is empty' : `has ${label.length} characters, more than ${MAX_LENGTH}`;
      throw new TrainerError('bad-data', `${this.file}: the label of ${where} ${what}.`);
    }
    let number = this.known.get(label);
    if (number === undefined) {
      number = this.known.size;
      this.known.set(label, number);
      if (number === MAX_CLASSES) {
        throw new TrainerError(
          'bad-data',
          `${this.file}: the labels have more than ${MAX_CLASSES} different values up to ${where}, so they are no classes.`,
        );
      }
    }
    if (this.size === this.numbers.length) {
      const larger = new Int32Array(2 * this.size);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.size++] = number;
  }

  /** Classes in the order of their numbers where all are numbers, else of their UTF-16 code units. */
  finish(): Labels {
    const numeric = [...this.known.keys()].every((name) => Number.isFinite(Number(name)));
    const classes = [...this.known.keys()].sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
    const places = new Map(classes.map((name, place) => [this.known.get(name)!, place]));
    return { classes, numbers: this.numbers.slice(0, this.size).map((number) => places.get(number)!) };
  }
}

/**
 * Numbers the classes of test data as the training data does.
 *
 * @throws TrainerError "bad-data" for a class that the training data lack
 */
export function alignLabels(train: Labels, test: Labels, file: string): Labels {
  const places = test.classes.map((name) => {
    const place = train.classes.indexOf(name);
    if (place >= 0) return place;
    throw new TrainerError(
      'bad-data',
      `${file} has a class "${shortened(name)}" that the training data lack; they have ${listed(train.classes)}.`,
    );
  });
  return { classes: train.classes, numbers: test.numbers.map((number) => places[number]) };
}
