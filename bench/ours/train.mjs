// Ours, as a user trains: `train()` with all that goes around a step, its feeding, its log, its progress. The data set
// given to it waits between two turns, so that the run stands still while others compute.
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { loadRecipe, train } from '@vae/trainer';
import { Batches, cpuMs, LEAST_STEPS, serve, WARM_UP } from '../harness/protocol.mjs';
import { intervals, timesOf } from './step-times.mjs';

/** So large that no turn meets an epoch's end, where there are pictures and a checkpoint. */
const SAMPLES = 2 ** 19;
const QUIET_MS = 60;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets pass while it is open. */
class Gate {
  #opened = Promise.resolve();
  #open = () => {};

  open() {
    this.#open();
  }

  close() {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  passage() {
    return this.#opened;
  }
}

serve(async ({ work, batch, threads, data, plan, scratch }) => {
  const recipe = { ...(await loadRecipe(work)), batch, epochs: 1_000_000 };
  recipe.data = { ...recipe.data, binarize: false };
  const itemSize = plan.shape.reduce((a, b) => a * b);
  const batches = new Batches(data.path, itemSize);
  const gate = new Gate();
  const read = async (indices, out) => {
    await gate.passage();
    batches.gather(Uint32Array.from(indices), out);
  };
  const dataset = {
    name: 'bench',
    kind: 'image',
    shape: plan.shape,
    source: '',
    train: { size: SAMPLES, read },
  };

  let stamps = [];
  let info;
  let failure;
  const first = new Promise((resolve, reject) => {
    const events = {
      onStart: (started) => {
        info = started;
      },
      onStep: ({ loss }) => {
        stamps.push({ at: performance.now(), cpu: cpuMs() });
        resolve(loss);
      },
    };
    train({
      recipe,
      dataset,
      threads,
      device: 'cpu',
      events,
      out: join(scratch, `run-${process.pid}`),
    }).catch((error) => {
      failure = error;
      reject(error);
    });
  });
  const standStill = async () => {
    gate.close();
    // What was read before the gate closed is still to be trained on.
    for (let seen = -1; seen !== stamps.length; ) {
      seen = stamps.length;
      await sleep(QUIET_MS + 2 * Math.max(0, ...intervals(stamps)));
    }
    if (failure) throw failure;
  };
  const loss = await first;
  const firstStepAt = performance.now();
  await standStill();

  return {
    loss,
    sinceFirstStepMs: performance.now() - firstStepAt,
    parameters: info.parameters,
    description: info.engine,
    run: async (seconds) => {
      stamps = [];
      const started = performance.now();
      gate.open();
      const enough = () =>
        performance.now() - started > 1000 * seconds && stamps.length > WARM_UP + LEAST_STEPS;
      while (!enough() && !failure) await sleep(5);
      await standStill();
      // The first stamp that may count is the end of the warm-up.
      return timesOf(stamps.slice(WARM_UP - 1));
    },
  };
});
