import type { OnnxModel } from './model.js';

/** Makes names that nothing in a graph has: the stem itself, or the stem with a number behind it. */
export function namesFor({ inputs, nodes, initializers }: OnnxModel): (stem: string) => string {
  const taken = new Set([
    ...[...inputs, ...initializers].map(({ name }) => name),
    ...nodes.flatMap((node) => node.outputs),
  ]);
  return (stem) => {
    let name = stem;
    for (let i = 1; taken.has(name); i++) name = `${stem}_${i}`;
    taken.add(name);
    return name;
  };
}
