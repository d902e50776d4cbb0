import type { VAE } from '@vae/sdk';

/** The classes of a conditional model. */
export type Classes = NonNullable<VAE['labels']>;

/** Most classes that an error names. */
const namedAtMost = 12;

/** What classes a model has, in words. */
export function classesText({ count, classes = [] }: Classes): string {
  if (classes.length === 0) return count === undefined ? 'rows of numbers' : `${count} classes`;
  const more = classes.length > namedAtMost ? ', …' : '';
  return `the classes ${classes.slice(0, namedAtMost).join(', ')}${more}`;
}
