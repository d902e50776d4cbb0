// What every runtime on every device has to give: the same draws to the bit, the same numbers to 1e-4. Plain
// JavaScript, because it runs in this process, in child processes and in a browser.

const pixels = 28 * 28;

/** Images that every machine computes to the same bits: a multiplicative hash of the place. */
function testImages(count) {
  const data = Float32Array.from(
    { length: count * pixels },
    (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24,
  );
  return { data, shape: [count, 1, 28, 28] };
}

const plain = ({ data, shape }) => ({ data: [...data], shape: [...shape] });

/** Loads `source`, a 28 x 28 model with two latents, and uses every verb; the result survives JSON. */
export async function contract(VAE, source, options) {
  const vae = await VAE.load(source, options);
  try {
    const images = testImages(5);
    const posterior = await vae.encode(images);
    const standard = { data: new Float32Array(64 * 2), shape: [64, 2] };
    const draws = vae.reparameterize({ mean: standard, logvar: standard }, { seed: 7 });
    const frames = [];
    for await (const frame of vae.interpolate([-1, 0.5], [1, -0.5], { steps: 5, stream: true }))
      frames.push(...frame.data);
    return {
      device: vae.device,
      report: vae.deviceReport,
      draws: plain(draws),
      mean: plain(posterior.mean),
      logvar: plain(posterior.logvar),
      decoded: plain(await vae.decode(draws)),
      logits: plain(await vae.decode([[0.5, -1.5]], { logits: true })),
      reconstructed: plain(await vae.reconstruct(images)),
      sample: plain(await vae.sample(9, { seed: 11, temperature: 0.8, truncation: 2 })),
      similar: plain(await vae.similar([0.3, -1.2], { n: 3, seed: 5 })),
      interpolated: { data: frames, shape: [5, 1, 28, 28] },
      arithmetic: plain(await vae.arithmetic([1, 0], [0, 1], [[0.5, 0.5]])),
      scores: { data: [...(await vae.anomalyScore(images, { draws: 3, seed: 2 }))], shape: [5] },
    };
  } finally {
    await vae.dispose();
  }
}

/** What goes into the model with classes, in quarters, so that results are exact. */
export const rows = [
  [0, 1, 0.5, 0.25],
  [1, 1, 0, 2],
  [-1, 0.5, 2, 0],
];
export const latents = [
  [1, 2],
  [0.5, -1],
  [0, 0],
];

/** The same for `source`, a model of rows of four numbers with two latents and three classes. */
export async function classContract(VAE, source, options) {
  const vae = await VAE.load(source, options);
  try {
    const { mean, logvar } = await vae.encode(rows, { label: 'owl' });
    const scores = await vae.anomalyScore(rows, { draws: 3, seed: 2, label: [2, 1, 0] });
    return {
      'means of one class': plain(mean),
      'log-variances of one class': plain(logvar),
      'means of a class each': plain((await vae.encode(rows, { label: [2, 0, 1] })).mean),
      'decoded with one class': plain(await vae.decode(latents, { label: 1 })),
      'decoded with a class each': plain(await vae.decode(latents, { label: ['owl', 'cat', 'dog'] })),
      // More than one run takes.
      'sample of a class': plain(await vae.sample(300, { seed: 11, label: 2 })),
      'similar of another class': plain(
        await vae.similar(rows, { from: 'data', amount: 0, fromLabel: 0, label: 2 }),
      ),
      'scores of a class each': { data: [...scores], shape: [3] },
    };
  } finally {
    await vae.dispose();
  }
}
