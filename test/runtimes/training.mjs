// What training on any device is judged by. Plain JavaScript, because it runs in this process, in child processes and
// in a browser.

export const dataShape = [1, 28, 28];
export const batch = 3;
export const steps = 20;
const pixels = 28 * 28;

/** Numbers in 0..1 that every machine computes to the same bits: a multiplicative hash of the place. */
export const numbers = (count, first = 0) =>
  Float32Array.from({ length: count }, (_, i) => (Math.imul(first + i + 1, 2654435761) >>> 8) / 2 ** 24);

/** Images of which a fifth is bright: there is something to learn. */
export const images = (count, first = 0) =>
  numbers(count * pixels, first * pixels).map((u) => (u > 0.8 ? 1 : 0));

/** The recipe with a batch small enough for WebGPU in software, and a rate at which 20 steps change something. */
export const adapted = (recipe) => ({
  ...recipe,
  batch,
  optimizer: { ...recipe.optimizer, learningRate: 0.001 },
});

/**
 * Trains with what a page has; the result survives JSON but for the two files.
 *
 * @param watch called after each step
 */
export async function trainInPage({ PageTraining, parseRecipe }, runtime, recipe, watch = () => {}) {
  const training = await PageTraining.open({
    recipe: parseRecipe(adapted(recipe), 'test'),
    dataShape,
    runtime,
  });
  const terms = [];
  const bytesRead = [];
  for (let step = 0; step < steps; step++) {
    const before = training.bytesRead;
    terms.push(await training.step(images(batch, step * batch)));
    bytesRead.push(training.bytesRead - before);
    watch(step);
  }
  const { encoder, decoder } = await training.exportHalves();
  await training.dispose();
  return { terms, bytesRead, encoder, decoder };
}
