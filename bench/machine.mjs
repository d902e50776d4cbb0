import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, platform, release } from 'node:os';

const require = createRequire(new URL('../packages/sdk/package.json', import.meta.url));

const versionOf = (name) => {
  try {
    return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version;
  } catch {
    return 'absent';
  }
};

/** What a figure was measured on. */
export function machine() {
  const [{ model }] = cpus();
  return [
    `${model.trim()}, ${availableParallelism()} logical processors, ${platform()} ${release()}`,
    `Node ${process.versions.node}, onnxruntime-node ${versionOf('onnxruntime-node')}`,
  ].join('\n');
}
