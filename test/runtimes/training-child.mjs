// Trains a shipped recipe with the built package on one device: node training-child.mjs RECIPE DEVICE
import { buildPrograms, engines, initialState, loadRecipe } from '@vae/trainer';
import { adapted, batch, dataShape, images, numbers, steps } from './training.mjs';

const [name, device] = process.argv.slice(2);
const recipe = adapted(await loadRecipe(name));
const CLASSES = 10;
const programs = buildPrograms(recipe, dataShape, CLASSES);
const { train, encode } = programs;

/** One-hot rows, a class after the other. */
function labels(first, count) {
  const rows = new Float32Array(count * CLASSES);
  for (let row = 0; row < count; row++) rows[row * CLASSES + ((first + row) % CLASSES)] = 1;
  return rows;
}

/** Every input of one step but the state. */
function feedsOf(step) {
  const fed = train.graph.inputs.filter(({ role }) => role !== 'state');
  return Object.fromEntries(
    fed.map((input) => {
      const count = input.shape.reduce((product, dim) => product * (dim === 'N' ? batch : dim), 1);
      const drawn = () => numbers(count, step * count);
      const values = {
        data: () => (input.name === 'label' ? labels(step, batch) : images(batch, step * batch)),
        noise: () => drawn().map((u) => 3 * (u - 0.5)),
        weight: () => new Float32Array(count).fill(1 / batch),
        scalar: () => Float32Array.of(train.scalars.get(input.name).schedule(step)),
      };
      return [input.name, values[input.role]()];
    }),
  );
}

const notes = [];
const engine = await engines.ort();
const compiled = await engine.compile({ train, encode }, initialState(programs, recipe.seed), {
  device,
  threads: 1,
  onNote: (note) => notes.push(note),
});
const losses = [];
for (let step = 0; step < steps; step++) losses.push((await compiled.run('train', feedsOf(step))).loss[0]);

const x = () => ({ x: images(2), ...(recipe.model.conditional && { label: labels(0, 2) }) });
const { mean } = await compiled.run('encode', x());
const state = await compiled.readState();
await compiled.writeState(state);
const { mean: again } = await compiled.run('encode', x());
await compiled.dispose();

const norms = Object.values(state).map(({ data }) =>
  Math.sqrt(data.reduce((sum, value) => sum + value * value, 0)),
);
const { description } = compiled;
const results = {
  device: compiled.device,
  description,
  notes,
  losses,
  mean: [...mean],
  again: [...again],
  norms,
};
console.log(JSON.stringify(results));
