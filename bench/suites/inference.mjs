import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRecipe } from '@vae/trainer';
import { inferrers } from '../contenders.mjs';
import { takeTurns } from '../harness/rounds.mjs';
import { ratio, summarise } from '../harness/statistics.mjs';
import { planOf } from '../work/plan.mjs';

const MOST_SECONDS = 0.6;

/**
 * One row: encoding or decoding with a model folder at one batch size.
 *
 * @returns plain data for the tables and the JSON file; `overBare` is time over ONNX Runtime's own
 */
export async function inferenceRow({ model, verb, batch, threads, peers, ...options }) {
  const { data, training } = JSON.parse(await readFile(join(model, 'vae.json'), 'utf8'));
  const plan = planOf(parseRecipe(training.recipe, 'vae.json'), data.shape);
  const chosen = Object.entries(inferrers)
    .filter(([name]) => !peers || name === 'ort' || name.startsWith('sdk') || peers.includes(name))
    .map(([name, { label, find }]) => ({ name, label, mostSeconds: MOST_SECONDS, ...find(threads) }));
  const turns = await takeTurns(chosen, { model, verb, batch, threads, plan }, options);
  const bare = turns.find(({ name }) => name === 'ort');
  const bareRates = bare.error ? undefined : summarise(bare.rounds, batch).rates;
  const contenders = turns.map(({ name, label, error, rounds }) => {
    if (error) return { name, label, error };
    const summary = summarise(rounds, batch);
    const peakBytes = Math.max(...rounds.map((round) => round.peakBytes));
    return {
      name,
      label,
      ...summary,
      peakBytes,
      ...(bareRates && { overBare: ratio(bareRates, summary.rates) }),
    };
  });
  return { suite: 'inference', verb, batch, threads, contenders };
}
