/**
 * The candidate closest to a mistyped word, or undefined when none is close enough to be meant.
 *
 * Close enough is one edit in three letters, at least two edits, letter case aside; an edit inserts,
 * deletes or replaces a letter, or swaps two neighbours.
 *
 * @example nearest('slrep', ['linear', 'slerp']) // 'slerp'
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  const length = Math.max(word.length, best?.length ?? 0);
  // A word of two letters is two edits away from anything, so the distance must stay below its length.
  return bestDistance <= Math.max(2, length / 3) && bestDistance < length ? best : undefined;
}

/** Optimal string alignment distance (Levenshtein with swaps of neighbours), three rows at a time. */
function editDistance(a: string, b: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(replaced, above[j] + 1, row[j - 1] + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, twoAbove[j - 2] + 1);
      }
      row.push(distance);
    }
    [twoAbove, above] = [above, row];
  }
  return above[b.length];
}
