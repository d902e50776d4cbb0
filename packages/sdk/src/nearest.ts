/** The name that a mistyped one was probably meant to be; undefined when none is close. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const close = names
    .map((name) => ({ name, edits: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(2, name.length / 3) && edits < name.length)
    .sort((a, b) => a.edits - b.edits);
  return close[0]?.name;
}

/** Levenshtein's: letters inserted, deleted or replaced. */
function editDistance(a: string, b: string): number {
  let above = [...b, ''].map((_, column) => column);
  for (const x of a) {
    const row = [above[0]! + 1];
    for (const [j, y] of [...b].entries()) {
      row.push(Math.min(above[j]! + (x === y ? 0 : 1), above[j + 1]! + 1, row[j]! + 1));
    }
    above = row;
  }
  return above.at(-1)!;
}
