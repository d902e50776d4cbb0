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
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
