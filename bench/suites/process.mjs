// Whole processes, from their start: until the first step of training is done, and a whole `vae sample`.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetShape, loadRecipe } from '@vae/trainer';
import { findPlace } from '../harness/places.mjs';
import { median } from '../harness/statistics.mjs';
import { writeIdxFolder } from '../work/data.mjs';
import { planOf } from '../work/plan.mjs';

const WORK = 'seed-cvae';
const BATCH = 128;
const COUNT = 16;
const POLL_MS = 2;
const LIMIT_MS = 120_000;

const root = join(import.meta.dirname, '../..');
const peer = (script) => join(root, 'bench/peers', script);

/**
 * Runs a process until it ends, or until `reached()`, and then ends it.
 *
 * @returns milliseconds from its start
 * @throws Error with its last line of standard error
 */
function timeProcess({ program, args, reached }) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let elapsedMs;
    const stop = (ms) => {
      elapsedMs = ms;
      child.kill('SIGKILL');
    };
    const poll = reached && setInterval(() => reached() && stop(performance.now() - started), POLL_MS);
    const limit = setTimeout(() => stop(undefined), LIMIT_MS);
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(poll);
      clearTimeout(limit);
      if (code === 0 && !reached) elapsedMs = performance.now() - started;
      if (elapsedMs !== undefined) resolve(elapsedMs);
      else reject(new Error(stderr.trim().split('\n').at(-1) || `exit code ${code}`));
    });
  });
}

const contains = (path, text) => {
  try {
    return readFileSync(path, 'utf8').includes(text);
  } catch {
    return false;
  }
};

/** `vae-train` and the same in PyTorch, on files of MNIST's form and size. */
async function firstStep({ scratch, threads, planFile }) {
  const data = await writeIdxFolder(scratch);
  let run = 0;
  const bin = join(root, 'packages/trainer/bin/vae-train.js');
  const flags = [
    '--data',
    `mnist:${data}`,
    '--batch',
    BATCH,
    '--threads',
    threads,
    '--device',
    'cpu',
    '--log-every',
    1,
  ];
  return {
    ours: () => {
      const out = join(scratch, `first-step-${run++}`);
      const reached = () => contains(join(out, 'metrics.jsonl'), '"step"');
      return { program: process.execPath, args: [bin, WORK, ...flags.map(String), '--out', out], reached };
    },
    torch: (python) => ({
      program: python,
      args: [peer('torch_first_step.py'), planFile, data, String(BATCH), String(threads)],
    }),
  };
}

/** `vae sample` on a model's folder, and a PyTorch script that loads weights and writes as many images. */
async function sample({ scratch, planFile, model, python }) {
  const weights = join(scratch, 'weights.pt');
  if (python)
    await timeProcess({ program: python, args: [peer('torch_sample.py'), 'save', planFile, weights] });
  const bin = join(root, 'packages/cli/bin/vae.js');
  const words = ['sample', model, '--count', COUNT, '--seed', 1, '--device', 'cpu', '--output'];
  return {
    ours: () => ({ program: process.execPath, args: [bin, ...words.map(String), join(scratch, 'ours.png')] }),
    torch: () => ({
      program: python,
      args: [peer('torch_sample.py'), 'sample', planFile, weights, String(COUNT), join(scratch, 'torch.png')],
    }),
  };
}

async function compare(what, commands, { rounds, python, missing, note }) {
  const entries = {
    ours: { label: 'ours', times: [] },
    torch: { label: 'PyTorch', times: [], error: missing },
  };
  // The first round fills the file cache.
  for (let round = -1; round < rounds; round++) {
    note?.(`${what}, round ${round + 1} of ${rounds}`);
    for (const [name, entry] of Object.entries(entries)) {
      if (entry.error) continue;
      try {
        const ms = await timeProcess(commands[name](python));
        if (round >= 0) entry.times.push(ms);
      } catch (error) {
        entry.error = error.message;
      }
    }
  }
  const contenders = Object.entries(entries).map(([name, { label, times, error }]) =>
    error
      ? { name, label, error }
      : { name, label, medianMs: median(times), leastMs: Math.min(...times), mostMs: Math.max(...times) },
  );
  return { suite: 'process', what, contenders };
}

/** Both comparisons, as plain data for the tables and the JSON file. */
export async function processRows({ scratch, threads, model, rounds, note }) {
  const recipe = await loadRecipe(WORK);
  const planFile = join(scratch, 'plan.json');
  await writeFile(planFile, JSON.stringify(planOf(recipe, datasetShape(recipe.data.source))));
  const { path: python, missing } = findPlace('torch');
  const context = { scratch, threads, planFile, model, python };
  const options = { rounds, python, missing, note };
  return [
    await compare(`first step of ${WORK}, batch ${BATCH}`, await firstStep(context), options),
    await compare(`${COUNT} samples drawn and written`, await sample(context), options),
  ];
}
