import { inOption } from '../spec-options.js';
import { listed } from './listed.js';

/**
 * What to do about all that hold text, in the words of a spec.
 *
 * @param noun what one is called: a column or a field
 * @param isNeeded whether a model is made of them, so that none can be left out
 * @example textAdvice('column', ['kind']) // 'Leave the column out with drop=kind, or make it the label with label=kind.'
 */
export function textAdvice(noun: string, names: readonly string[], isNeeded = false): string {
  if (isNeeded)
    return `The model needs ${names.length === 1 ? 'it' : 'them'}: write numbers there, or take such lines out of the file.`;
  const drop = inList(names);
  return names.length === 1
    ? `Leave the ${noun} out with drop=${drop}, or make it the label with label=${drop}.`
    : `Leave those out with drop=${drop}, or make one of them the label with label=NAME.`;
}

/**
 * What to do about columns in which no row has a number.
 *
 * @example emptyAdvice(['notes']) // 'No row has a number in "notes": leave it out with drop=notes.'
 */
export function emptyAdvice(names: readonly string[]): string {
  const shown = listed(names.map((name) => `"${name}"`));
  return `No row has a number in ${shown}: leave ${names.length === 1 ? 'it' : 'them'} out with drop=${inList(names)}.`;
}

/** Names as an option takes them, in which a comma parts them. */
const inList = (names: readonly string[]): string =>
  names.some((name) => name.includes(',')) ? 'NAME' : names.map(inOption).join(',');
