import type { Session } from '../runtime/types.js';

/** Runs that are waited for before their time is told: the first ones find cold caches. */
const trials = 4;
/** What is slower than the least so far moves it up by this at most: a disturbed run tells little. */
const up = 1.1;
/** Looks in vain after which what is known is measured anew. */
const patience = 100;

interface Known {
  ms: number;
  runs: number;
  passed: number;
}

/**
 * How long runs take when nothing disturbs them, by the size of what goes in. Sizes are told apart by powers of two and
 * nothing is extrapolated: the time of a run is seldom proportional to its size.
 */
export class Pace {
  readonly #known = new Map<number, Known>();

  add(elements: number, ms: number): void {
    const key = sizeClass(elements);
    const known = this.#known.get(key);
    if (!known) {
      this.#known.set(key, { ms, runs: 1, passed: 0 });
      return;
    }
    const most = known.runs < trials ? known.ms : known.ms * up;
    known.ms = Math.min(ms, most);
    known.runs++;
    known.passed = 0;
  }

  /** Milliseconds for the first size that is known, from `least` to `most` elements. */
  of(least: number, most = least): number | undefined {
    for (let key = sizeClass(least); key <= sizeClass(most); key++) {
      const known = this.#known.get(key);
      if (known && known.runs >= trials) return known.ms;
    }
    return undefined;
  }

  /** A run of a known size was made elsewhere. After many of them the size counts as unknown again. */
  pass(elements: number): void {
    const key = sizeClass(elements);
    const known = this.#known.get(key);
    if (known && ++known.passed >= patience) this.#known.delete(key);
  }
}

/** How many numbers go into a run. */
export function elementsOf(feeds: Parameters<Session['run']>[0]): number {
  let elements = 0;
  for (const name in feeds) elements += feeds[name]!.data.length;
  return elements;
}

function sizeClass(elements: number): number {
  return Math.ceil(Math.log2(Math.max(1, elements)));
}
