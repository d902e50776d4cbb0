import type { Dataset, Split } from '@vae/trainer';
import { UsageError } from '@vae/trainer/terminal';
import { type Classes, classesText } from '../class-names.js';

/**
 * What tells the class of each item of a data set, as a number of the model's classes. Classes are matched by their names:
 * data that have some of the model's only number them otherwise. A model that has no names goes by the numbers.
 *
 * @param spec of the data set, for errors
 * @throws UsageError for data without labels, or with a class that the model lacks
 */
export function labelsOf(
  { classes }: Pick<Dataset, 'classes'>,
  split: Pick<Split, 'label'>,
  model: Classes,
  spec: string,
): (index: number) => number {
  if (!classes || !split.label) {
    throw new UsageError(
      `--data ${spec} has no labels, and the model is conditioned on them: ${classesText(model)}. Choose data with labels, such as ` +
        '"csv:FILE?label=COLUMN" or images:DIR with a folder for each class, or give the class of all items with --label.',
    );
  }
  const numberOf = (name: string, place: number) => model.classes?.indexOf(name) ?? place;
  const known = (number: number) => number >= 0 && (model.count === undefined || number < model.count);
  const numbers = classes.map(numberOf);
  const foreign = numbers.findIndex((number) => !known(number));
  if (foreign >= 0) {
    throw new UsageError(
      `--data ${spec} has a class "${classes[foreign]}", the model has ${classesText(model)}. Choose data of the model's classes, ` +
        'or give the class of all items with --label.',
    );
  }
  return (index) => numbers[split.label!(index)];
}
