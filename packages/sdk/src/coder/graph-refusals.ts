import type { Needed } from './graph-interface.js';

// What is said of graphs that are other than their description. Loaded when it is needed; imports no code, as
// `explainWasm` does not.

const show = (shape: readonly (number | string)[]) => `[${shape.join(', ')}]`;

export const otherInput = (name: string): string => `the graph also wants an input '${name}'.`;

export function otherPort({ side, name, item, declared }: Needed, batch: number | undefined): string {
  const info = declared.find((value) => value.name === name);
  if (!info) {
    const has = declared.map((value) => `'${value.name}'`).join(', ') || 'none';
    return `an ${side} '${name}' is needed, the graph has ${has}.`;
  }
  const { dtype, dims } = info;
  // As where an export wrote a reshape to [1, -1].
  const baked = dims.length === item.length + 1 && typeof dims[0] === 'number' && dims[0] !== batch;
  const throughout = Number(dims[0]) > 0 ? `, or with ${dims[0]} there throughout` : '';
  const hint = baked ? ` Export it with an open first axis${throughout}.` : '';
  return `${side} '${name}' is ${dtype} ${show(dims)}, needed is float32 ${show([batch ?? 'N', ...item])}.${hint}`;
}
