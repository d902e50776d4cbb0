import { describe, expect, it } from 'vitest';
import type { Dataset, Split } from '../data/dataset.js';
import { openDataset } from '../data/open.js';
import { conditional, tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { requireClasses } from './require-classes.js';

const recipe = tinyRecipe({ model: conditional });
const asked = (changes: Partial<Dataset>) => () => requireClasses(recipe, { ...tinyDataset(), ...changes });
const part = (label?: Split['label']): Split => ({ size: 3, read: () => {}, ...(label && { label }) });
const WHERE =
  'Say where classes are, with label=COLUMN or label=FILE (images and audio: a folder for each class), ' +
  'or leave "conditional" out of the recipe\'s "model".';

describe('data for a conditional recipe', () => {
  it('have their classes counted', async () => {
    expect(asked({})()).toBe(2);
    expect(requireClasses(recipe, await openDataset('digits'))).toBe(10);
  });

  it('are anything for other recipes', () => {
    expect(requireClasses(tinyRecipe(), { ...tinyDataset(), classes: undefined })).toBe(0);
  });

  it.each<[string, Partial<Dataset>, string]>([
    [
      'without classes',
      { classes: undefined },
      `bars: the recipe is conditional, and these data have no classes. ${WHERE}`,
    ],
    [
      'with one class',
      { classes: ['cat'] },
      `bars: the recipe is conditional, and these data have one class alone, "cat". ${WHERE}`,
    ],
    [
      'with a part that has no labels',
      { test: part() },
      'bars: test has no labels, and the recipe is conditional. Give every part of the data its classes, or leave ' +
        '"conditional" out of the recipe\'s "model".',
    ],
    ...[2, -1, 0.5, Number.NaN, undefined].map((wrong): [string, Partial<Dataset>, string] => [
      `with the label ${wrong}`,
      { train: part((index) => (index === 1 ? (wrong as number) : 0)) },
      `bars: train.label(1) is ${wrong}, expected the number of a class, a whole number from 0 to 1.`,
    ]),
  ])('are refused %s', (_, changes, message) => {
    expect(asked(changes)).toThrow(message);
    expect(asked(changes)).toThrow(expect.objectContaining({ name: 'TrainerError', code: 'bad-data' }));
  });
});
