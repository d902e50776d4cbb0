import type { GraphSpec, ModelSpec } from '../model.js';

/** What the input for labels is called in models with a vae.json. */
const labelInput = 'label';

/**
 * The description of a conditional model with what its vae.json says of labels in the words of others' models: the decoder
 * takes one beside `z`, and the encoder may take one beside `x`.
 */
export function withLabels(spec: ModelSpec): ModelSpec {
  const { labels } = spec.manifest ?? {};
  if (!labels?.conditional) return spec;
  const { encoder, decoder } = spec;
  const { classes } = labels;
  const labelled = (graph: GraphSpec) => ({ ...graph, label: labelInput });
  return {
    ...spec,
    labels: classes?.length ? { count: classes.length, classes } : {},
    ...(encoder && { encoder: labelled(encoder) }),
    ...(decoder && { decoder: labelled(decoder) }),
  };
}
