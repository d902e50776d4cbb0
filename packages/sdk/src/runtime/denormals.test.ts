import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const built = new URL('../../dist/runtime/index.js', import.meta.url);
const model = fileURLToPath(new URL('../../models/mnist-conv/encoder.onnx', import.meta.url));

/**
 * Runs a model in a process of its own, since ONNX Runtime sets a thread's arithmetic for its whole life; tells where it
 * ran, and what became of the smallest number above zero, 5e-324, in that process's JavaScript.
 */
async function smallest(
  options: string,
  runs: number,
  load = 'loadPooledRuntime',
): Promise<{ worker: boolean; product: number }> {
  const code = `
    import { readFileSync } from 'node:fs';
    import { ${load} } from '${built}';
    const runtime = await ${load}(${options});
    const session = await runtime.createSession(readFileSync(${JSON.stringify(model)}));
    const x = { data: new Float32Array(784), shape: [1, 1, 28, 28] };
    for (let i = 0; i < ${runs}; i++) {
      await (session.sessionFor?.(784) ?? session).run({ x });
      // Sessions are made between runs.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    console.log(JSON.stringify({ worker: runtime.worker, product: Number('5e-324') * Number('1') }));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  return JSON.parse(stdout);
}

describe.skipIf(!existsSync(fileURLToPath(built)))(
  "the caller's denormal numbers (need a build of the SDK)",
  () => {
    it.each([
      ['a model in its thread', "{ device: 'cpu', worker: false, threads: 2 }", 2, false],
      ['a model in workers', "{ device: 'cpu', worker: true }", 2, true],
      ['a model whose short runs come to its thread', "{ device: 'cpu' }", 60, true],
    ])('survive %s', async (_, options, runs, worker) => {
      expect(await smallest(options, runs)).toEqual({ worker, product: 5e-324 });
    });

    it('count as zero in a thread that is said to be for models only', async () => {
      const { product } = await smallest("{ device: 'cpu', ownThread: true }", 1, 'loadRuntime');
      expect(product).toBe(0);
    });
  },
);
