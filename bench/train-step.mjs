import { buildPrograms, engines, initialState, loadRecipe } from '@vae/trainer';

const WORK = ['seed-cvae', 'seed-wiseodd'];
const BATCHES = [128, 64];
const THREADS = [1, 2];
const ROUNDS = 5;
const SECONDS_PER_ROUND = 1.5;
const DATA_SHAPE = [1, 28, 28];

const sizeOf = (shape, batch) => shape.reduce((product, dim) => product * (dim === 'N' ? batch : dim), 1);

const draw = (out, next) => {
  for (let i = 0; i < out.length; i++) out[i] = next();
};

const fillers = {
  data: (out) => draw(out, () => (Math.random() > 0.87 ? 1 : 0)),
  noise: (out) => draw(out, () => 2 * Math.random() - 1),
  weight: (out) => out.fill(1 / out.length),
  scalar: (out) => out.fill(1e-4),
};

/** What a training step is fed; made anew for each step, because the engine takes the arrays over. */
function feedsOf({ graph, batch }) {
  const fed = graph.inputs.filter(({ role }) => role !== 'state');
  return Object.fromEntries(
    fed.map(({ name, role, shape }) => {
      const out = new Float32Array(sizeOf(shape, batch));
      fillers[role](out);
      return [name, out];
    }),
  );
}

async function prepare({ name, batch, threads }) {
  const recipe = { ...(await loadRecipe(name)), batch };
  const programs = buildPrograms(recipe, DATA_SHAPE);
  const engine = await engines.ort();
  const compiled = await engine.compile({ train: programs.train }, initialState(programs, 0), { threads });
  const step = async () => {
    const feeds = feedsOf(programs.train);
    const started = performance.now();
    await compiled.run('train', feeds);
    return performance.now() - started;
  };
  for (let i = 0; i < 3; i++) await step();
  return {
    label: `${name} batch ${batch} threads ${threads}`,
    batch,
    step,
    times: [],
    dispose: () => compiled.dispose(),
  };
}

async function measure({ step, times }) {
  const until = performance.now() + SECONDS_PER_ROUND * 1000;
  while (performance.now() < until) times.push(await step());
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

/** Samples per second of one whole training step (forward, backward, update), rows taking turns. */
export async function benchTrainStep() {
  const rows = [];
  for (const name of WORK)
    for (const batch of BATCHES)
      for (const threads of THREADS) rows.push(await prepare({ name, batch, threads }));
  for (let round = 0; round < ROUNDS; round++) for (const row of rows) await measure(row);
  console.log('\ntraining step, samples/s            median    best   steps');
  for (const { label, batch, times, dispose } of rows) {
    times.sort((a, b) => a - b);
    const rate = (q) => Math.round((1000 * batch) / quantile(times, q));
    const columns = [rate(0.5), rate(0), times.length].map((value) => String(value).padStart(8));
    console.log(`${label.padEnd(34)}${columns.join('')}`);
    await dispose();
  }
}
