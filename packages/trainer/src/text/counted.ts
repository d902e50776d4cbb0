/**
 * A number with its noun.
 *
 * @param show how the number is written
 * @example counted(1, 'row') // '1 row'
 */
export const counted = (count: number, noun: string, show: (count: number) => string = String): string =>
  `${show(count)} ${noun}${count === 1 ? '' : 's'}`;
