import { MANIFEST_FILE, type Manifest } from '@vae/sdk/manifest';
import { lowerToTensorflow } from '../targets/tensorflow/index.js';
import { writeGraphModel } from '../tensorflow/graph-model.js';
import { graphOf, halfNames, weightsOf } from './halves.js';
import { preparationNotes } from './preparation-notes.js';
import type { Rebuilt } from './rebuild.js';

/** A model as TensorFlow.js opens it, explained. */
function readme(manifest: Manifest): string {
  const { name, data, latent, likelihood, labels } = manifest;
  const classes = labels?.conditional ? (labels.classes?.length ?? 0) : 0;
  const range = data.range ? `, values ${data.range.join(' to ')}` : '';
  const notes = preparationNotes(manifest, '`model.metadata.vae`');
  const beside = classes > 0 ? ', label' : '';
  const outputs = latent.kind === 'gaussian' ? '{ mean, logvar }' : '{ mean }';
  return `# ${name}, for TensorFlow.js

Two GraphModels: \`encoder\` takes \`x\` and \`decoder\` takes \`z\`${classes > 0 ? ', and both take `label`' : ''}. The first axis is the batch, of any size.

| tensor | shape |
| --- | --- |
| \`x\` | N × ${data.shape.join(' × ')}${range} |
| \`z\`, \`mean\` | N × ${latent.shape.join(' × ')} |${classes > 0 ? `\n| \`label\` | N × ${classes}, 1 at the number of the class, 0 elsewhere |` : ''}

\`\`\`js
const encoder = await tf.loadGraphModel('encoder/model.json');
const decoder = await tf.loadGraphModel('decoder/model.json');
${classes > 0 ? `const label = tf.oneHot(tf.fill([x.shape[0]], ${classes - 1}, 'int32'), ${classes}).toFloat(); // all of the last class\n` : ''}const ${outputs} = encoder.predict({ x${beside} });
const { x: expected } = decoder.predict({ z: mean${beside} });
\`\`\`

${latent.kind === 'gaussian' ? 'Draw from the posterior with z = mean + exp(logvar / 2) · noise. ' : ''}The likelihood is ${likelihood.kind}; \`model.metadata.vae\` has what ${MANIFEST_FILE} says of the data, the latent space and the likelihood.
${notes.length > 0 ? `\n${notes.join(' ')}\n` : ''}`;
}

/**
 * The files of a model for TensorFlow.js: `encoder/model.json` and `decoder/model.json` with their weights, and a
 * README.md. Both take and give what the .onnx files do, under the same names.
 *
 * @example await atomicFolder('mnist-tfjs', tfjsFiles(await rebuildModel('models/mnist-conv')))
 */
export function tfjsFiles({
  manifest,
  programs,
  weights,
}: Pick<Rebuilt, 'manifest' | 'programs' | 'weights'>): [name: string, content: Uint8Array | string][] {
  const { name, license, data, latent, likelihood, prior, labels } = manifest;
  const vae = { name, license, data, latent, likelihood, prior, ...(labels?.conditional && { labels }) };
  const models = halfNames.flatMap((half) => {
    const graph = graphOf(programs, half);
    const files = writeGraphModel(lowerToTensorflow(graph, { weights: weightsOf(graph, weights) }), { vae });
    return files.map(([file, content]): [string, Uint8Array | string] => [`${half}/${file}`, content]);
  });
  return [...models, ['README.md', readme(manifest)]];
}
