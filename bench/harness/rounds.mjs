import { Contender } from './contender.mjs';

const PREPARE_LIMIT_SECONDS = 300;
/** Beside ten times the turn; slow contenders need it for their least number of steps. */
const RUN_LIMIT_SECONDS = 200;
/** ONNX Runtime's and OpenMP's threads spin for a while after a run, on the processors that the next one wants. */
const PAUSE_MS = 120;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function start(entry, request) {
  if (entry.missing) return { ...entry, error: entry.missing };
  const child = new Contender(entry.command);
  try {
    const answer = await child.ask({ do: 'prepare', ...request, ...entry.request }, PREPARE_LIMIT_SECONDS);
    const { sinceFirstStepMs = 0 } = answer;
    const firstStepMs = performance.now() - child.startedAt - sinceFirstStepMs;
    return { ...entry, child, answer, firstStepMs, rounds: [] };
  } catch (error) {
    await child.end();
    return { ...entry, error: error.message };
  }
}

async function runOnce(entry, seconds) {
  await sleep(PAUSE_MS);
  const time = Math.min(seconds, entry.mostSeconds ?? seconds);
  try {
    entry.rounds.push(await entry.child.ask({ do: 'run', seconds: time }, RUN_LIMIT_SECONDS + 10 * time));
  } catch (error) {
    entry.error = error.message;
  }
}

/**
 * Lets contenders take turns at one piece of work: A B C, A B C, … in processes of their own, of which one computes at
 * a time.
 *
 * @param entries each `{ name, command | missing, request?, mostSeconds? }`; `request` adds to the common one
 * @param request what all are asked to prepare
 * @param options `rounds`, `seconds` of each turn; `check(entry)` returns what is wrong with a prepared entry, if
 *   anything; `note(text)` is told what is being done
 * @returns the entries with `answer`, `firstStepMs` and `rounds`, or with `error`
 */
export async function takeTurns(entries, request, { rounds, seconds, check, note }) {
  const started = [];
  for (const entry of entries) {
    note?.(`preparing ${entry.name}`);
    const made = await start(entry, request);
    if (made.child) made.error = check?.(made);
    if (made.error) await made.child?.end();
    started.push(made);
  }
  for (let round = 0; round < rounds; round++) {
    note?.(`round ${round + 1} of ${rounds}`);
    for (const entry of started) if (!entry.error) await runOnce(entry, seconds);
  }
  await Promise.all(started.map(({ child }) => child?.end()));
  return started.map(({ child: _, ...entry }) => entry);
}
