import { buildPrograms, datasetShape, loadRecipe } from '@vae/trainer';
import { peak, trainers } from '../contenders.mjs';
import { takeTurns } from '../harness/rounds.mjs';
import { ratio, summarise } from '../harness/statistics.mjs';
import { writeData } from '../work/data.mjs';
import { flopsOf } from '../work/flops.mjs';
import { planOf } from '../work/plan.mjs';

/** The first loss of a network with fresh weights hardly depends on the draw of them. */
const LOSS_TOLERANCE = 0.1;
const PEAK_SECONDS = 0.5;

const count = (parameters) =>
  [...parameters.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

async function prepareWork(name, batch) {
  const recipe = await loadRecipe(name);
  const shape = datasetShape(recipe.data.source);
  const programs = buildPrograms({ ...recipe, batch }, shape);
  return {
    plan: planOf(recipe, shape),
    parameters: count(programs.parameters),
    flops: flopsOf(programs.train.graph, batch) / batch,
  };
}

/** What is wrong with what a contender has built; the first, ours, says what is right. */
function checker(parameters) {
  let expected;
  return ({ name, answer }) => {
    if (name === 'peak') return undefined;
    if (answer.parameters !== parameters)
      return `it built ${answer.parameters} parameters, the recipe has ${parameters}`;
    expected ??= answer.loss;
    const same = Math.abs(answer.loss - expected) <= LOSS_TOLERANCE * Math.abs(expected);
    return same
      ? undefined
      : `its first loss is ${answer.loss}, ours ${expected}: it computes something else`;
  };
}

function described(entry, { batch, flops, peakFlops, oursRates }) {
  const { name, label, peer, error, answer, firstStepMs, rounds } = entry;
  if (error) return { name, label, peer, error };
  const summary = summarise(rounds, batch);
  return {
    name,
    label,
    peer,
    description: answer.description,
    ...summary,
    firstStepMs,
    compileMs: answer.compileMs,
    peakBytes: Math.max(...rounds.map(({ peakBytes }) => peakBytes)),
    shareOfPeak: (summary.sustained * flops) / peakFlops,
    ...(oursRates && { ours: ratio(oursRates, summary.rates) }),
  };
}

/**
 * One row: a recipe, a batch size and a number of threads, through all contenders in turn.
 *
 * @returns plain data for the tables and the JSON file
 */
export async function trainingRow({ work, batch, threads, peers, scratch, ...options }) {
  const { plan, parameters, flops } = await prepareWork(work, batch);
  const chosen = Object.entries(trainers)
    .filter(
      ([name, { fits, usual }]) => name === 'ours' || (fits(plan) && (peers?.includes(name) ?? usual(plan))),
    )
    .map(([name, { label, peer, find }]) => ({ name, label, peer, ...find(threads) }));
  const product = { name: 'peak', ...peak, ...peak.find(), mostSeconds: PEAK_SECONDS };
  const data = await writeData(
    scratch,
    plan.shape.reduce((a, b) => a * b),
  );
  const request = { work, batch, threads, plan, data, scratch };
  const turns = await takeTurns([...chosen, product], request, { ...options, check: checker(parameters) });
  const measuredPeak = turns.pop();
  const peakFlops = measuredPeak.error ? Number.NaN : peakOf(measuredPeak);
  const [ourselves] = turns;
  const oursRates = ourselves.error ? undefined : summarise(ourselves.rounds, batch).rates;
  const contenders = turns.map((entry) => described(entry, { batch, flops, peakFlops, oursRates }));
  return {
    suite: 'training',
    work,
    batch,
    threads,
    parameters,
    flopsPerSample: flops,
    peakFlops,
    contenders,
  };
}

function peakOf({ answer, rounds }) {
  const best = Math.min(...rounds.flatMap(({ times }) => times));
  return (1000 * answer.flops) / best;
}

/** The fastest variant of each peer, by samples per second over all rounds. */
export function bestPeers({ contenders }) {
  const best = new Map();
  for (const entry of contenders) {
    if (entry.error || !entry.peer) continue;
    const known = best.get(entry.peer);
    if (!known || entry.sustained > known.sustained) best.set(entry.peer, entry);
  }
  return [...best.values()];
}
