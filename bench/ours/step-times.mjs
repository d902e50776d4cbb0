// Times of steps from the moments at which their results came. Results of up to 8 steps come at once, so a time is that
// between two ends of such groups.

/** Steps that a time is the mean of, where there are twice as many. */
const STEPS = 40;

/** Milliseconds between the ends of steps. */
export const intervals = (stamps) => stamps.slice(1).map(({ at }, i) => at - stamps[i].at);

/** Which stamps are the last of their group: what comes next is about as far as a group takes, not at once. */
function groupEnds(stamps) {
  const gaps = intervals(stamps);
  const mean = (stamps.at(-1).at - stamps[0].at) / gaps.length;
  return [...stamps.keys()].filter((i) => i === gaps.length || gaps[i] > mean / 2);
}

/** What was measured of the steps after the first group, or after the first step where there is one group only. */
export function timesOf(stamps) {
  const found = groupEnds(stamps);
  const ends = found.length > 1 ? found : [0, ...found];
  const [first, last] = [ends[0], ends.at(-1)];
  const each = last - first > 2 * STEPS ? STEPS : last - first;
  const chosen = [first];
  for (const end of ends) if (end - chosen.at(-1) >= each) chosen.push(end);
  const [begin, end] = [stamps[first], stamps[chosen.at(-1)]];
  return {
    times: chosen.slice(1).flatMap((to, i) => {
      const steps = to - chosen[i];
      return new Array(steps).fill((stamps[to].at - stamps[chosen[i]].at) / steps);
    }),
    wallMs: end.at - begin.at,
    cpuMs: end.cpu - begin.cpu,
  };
}
