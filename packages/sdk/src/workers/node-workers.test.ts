import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Device, loadPooledRuntime, loadRuntime, type Session } from '../runtime/index.js';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const isBuilt = existsSync(file('dist/platform/node/workers-script.js'));
const decoder = file('models/mnist-conv/decoder.onnx');
const bytes = new Uint8Array(readFileSync(decoder));
const encoder = new Uint8Array(readFileSync(file('models/mnist-conv/encoder.onnx')));

const latents = (count: number) => ({
  data: Float32Array.from({ length: 2 * count }, (_, i) => Math.sin(i)),
  shape: [count, 2],
});
const decode = async (session: Session, count: number) => {
  const { x } = await session.run({ z: latents(count) }, ['x']);
  return x!;
};

/** Runs a module of `code` in a process of its own, with a session of the pool called `session`. */
function runProcess(code: string, flags: readonly string[] = []) {
  const start = `
    import { readFileSync } from 'node:fs';
    import { loadPooledRuntime } from '${new URL('../../dist/runtime/index.js', import.meta.url)}';
    const bytes = readFileSync(${JSON.stringify(decoder)});
    const runtime = await loadPooledRuntime({ threads: 2 });
    const session = await runtime.createSession(bytes);
    const run = (count) => session.run({ z: { data: new Float32Array(2 * count), shape: [count, 2] } }, ['x']);
    const overlapping = await Promise.all([run(8), run(8), run(8)]);
    `;
  return new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>(
    (resolve) => {
      const child = execFile(
        process.execPath,
        [...flags, '--input-type=module', '-e', start + code],
        (_, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
      );
    },
  );
}

describe.skipIf(!isBuilt)('worker threads (need a build of the SDK)', () => {
  it('compute what this thread computes, several calls at once', async () => {
    const runtime = await loadPooledRuntime({ device: 'cpu', threads: 2 });
    const inThread = await loadRuntime({ device: 'cpu', threads: 1 });
    expect([runtime.worker, runtime.threads, inThread.worker]).toEqual([true, 2, false]);
    expect([runtime.name, runtime.version]).toEqual([inThread.name, inThread.version]);
    const [pooled, single] = await Promise.all([runtime.createSession(bytes), inThread.createSession(bytes)]);
    expect([pooled.lanes, single.lanes]).toEqual([2, 1]);
    expect([pooled.inputs, pooled.outputs]).toEqual([single.inputs, single.outputs]);
    const counts = [1, 7, 32, 2, 5, 64];
    const results = await Promise.all(counts.map((count) => decode(pooled, count)));
    for (const [i, count] of counts.entries()) {
      expect(results[i]).toEqual(await decode(single, count));
    }
    await Promise.all([pooled.release(), single.release()]);
  });

  it('leave the event loop free and the arrays with the caller', async () => {
    const session = await (await loadPooledRuntime({ device: 'cpu', threads: 1 })).createSession(bytes);
    let ticks = 0;
    const timer = setInterval(() => void ticks++, 5);
    const z = latents(2000);
    const started = performance.now();
    await session.run({ z }, ['x']);
    const elapsed = performance.now() - started;
    clearInterval(timer);
    // A blocked loop would tick once, after the run; a machine under load may still skip many of the ticks.
    expect(ticks).toBeGreaterThan(1 + elapsed / 50);
    expect(z.data.length).toBe(4000);
    await session.release();
  });

  it('leave short runs to this thread, which computes the same, and ends with the session', async () => {
    const runtime = await loadPooledRuntime({ device: 'cpu', threads: 2 });
    const session = await runtime.createSession(encoder);
    const x = { data: Float32Array.from({ length: 8 * 784 }, (_, i) => (i * 37) % 2), shape: [8, 1, 28, 28] };
    const chosen = () => session.sessionFor!(x.data.length);
    // A machine under load may take a while to make a short run.
    const until = performance.now() + 20_000;
    while (chosen() === session && performance.now() < until) {
      await session.run({ x });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const inThread = chosen();
    expect([session.lanes, inThread === session, inThread.lanes]).toEqual([2, false, 1]);
    expect(await inThread.run({ x })).toEqual(await session.run({ x }));
    expect([inThread.inputs, inThread.outputs]).toEqual([session.inputs, session.outputs]);
    const wrong = { x: { data: new Float32Array(3), shape: [1, 3] } };
    await expect(inThread.run(wrong)).rejects.toMatchObject({ code: 'runtime-failed' });
    await session.release();
    await expect(inThread.run({ x })).rejects.toMatchObject({ code: 'disposed' });
  });

  it('keep all runs where they were asked for, and those of large models', async () => {
    const asked = await (await loadPooledRuntime({ device: 'cpu', worker: true })).createSession(encoder);
    const runtime = await loadPooledRuntime({ device: 'cpu' });
    const wide = await runtime.createSession(encoder, { wide: true });
    const data = new Uint8Array(4 * 2 ** 20);
    const large = await runtime.createSession(encoder, { externalData: [{ path: 'weights', data }] });
    const small = await runtime.createSession(encoder);
    const all = [asked, wide, large, small];
    expect(all.map(({ sessionFor }) => typeof sessionFor)).toEqual([
      ...Array(3).fill('undefined'),
      'function',
    ]);
    await Promise.all(all.map((session) => session.release()));
  });

  it('give large models, and those that say so, one lane with all threads', async () => {
    const runtime = await loadPooledRuntime({ device: 'cpu', threads: 2 });
    const lanesWith = async (options: Parameters<typeof runtime.createSession>[1]) => {
      const session = await runtime.createSession(bytes, options);
      await session.release();
      return session.lanes;
    };
    expect(await lanesWith({})).toBe(2);
    expect(await lanesWith({ wide: true })).toBe(1);
    expect(await lanesWith({ threads: 1 })).toBe(1);
    // The graph does not use it, but it would have to be in the memory of each worker.
    const data = new Uint8Array(32 * 2 ** 20);
    expect(await lanesWith({ externalData: [{ path: 'weights', data }] })).toBe(1);
  });

  it('hand errors over with their codes', async () => {
    const runtime = await loadPooledRuntime({ device: 'cpu' });
    await expect(runtime.createSession(bytes.slice(0, 99))).rejects.toMatchObject({
      name: 'VaeError',
      code: 'bad-model',
      message: expect.stringContaining('the model: byte '),
    });
    const session = await runtime.createSession(bytes);
    const wrong = session.run({ z: { data: new Float32Array(3), shape: [1, 3] } });
    await expect(wrong).rejects.toMatchObject({
      code: 'runtime-failed',
      cause: expect.objectContaining({ message: expect.stringContaining('z') }),
    });
    expect((await decode(session, 1)).shape).toEqual([1, 1, 28, 28]);
    await session.release();
    await expect(decode(session, 1)).rejects.toMatchObject({ code: 'disposed' });
    const absent: Device = process.platform === 'win32' ? 'coreml' : 'dml';
    await expect(loadPooledRuntime({ device: absent })).rejects.toMatchObject({ code: 'no-device' });
    await expect(loadPooledRuntime({ threads: 0 })).rejects.toMatchObject({ code: 'bad-option' });
  });

  it('are told where its file is, also by a URL object', async () => {
    const nowhere = new URL('http://127.0.0.1:1/ort/');
    for (const paths of [nowhere, { wasm: nowhere }])
      await expect(
        loadPooledRuntime({ device: 'wasm', worker: true, wasm: { paths } }),
      ).rejects.toMatchObject({
        code: 'no-device',
        message: expect.stringContaining('127.0.0.1:1/ort/'),
      });
  });

  it('run the wasm build too', async () => {
    const runtime = await loadPooledRuntime({ device: 'wasm', threads: 2 });
    expect([runtime.device, runtime.name, runtime.threads]).toEqual(['wasm', 'onnxruntime-web', 2]);
    const session = await runtime.createSession(bytes);
    const [a, b] = await Promise.all([decode(session, 3), decode(session, 3)]);
    expect(a).toEqual(b);
    await session.release();
  });

  it('are there only where they are wanted', async () => {
    expect((await loadPooledRuntime({ device: 'cpu', worker: false })).worker).toBe(false);
    const { ort } = await loadRuntime({ device: 'cpu' });
    expect((await loadPooledRuntime({ ort })).worker).toBe(false);
  });
});

describe('a worker script of the caller', () => {
  const script = (code: string) => () => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

  it('that dies is an error that says how to go without', async () => {
    for (const [code, why] of [
      ['process.exit(7)', 'it ended with exit code 7'],
      ['throw undefined', 'undefined'],
      ["throw new Error('no luck')", 'no luck'],
    ] as const) {
      await expect(loadPooledRuntime({ device: 'webgpu', worker: script(code) })).rejects.toMatchObject({
        code: 'unsupported',
        message: `worker: The worker stopped: ${why}. Pass worker: false to run in this thread.`,
      });
    }
  });

  it('has to be a URL', async () => {
    await expect(loadPooledRuntime({ device: 'webgpu', worker: () => 7 })).rejects.toMatchObject({
      code: 'bad-option',
    });
  });
});

describe.skipIf(!isBuilt)('a process with worker threads (needs a build of the SDK)', () => {
  it.each([
    ['ends by itself when dispose was forgotten', '', 0],
    ['waits for a run that nobody waits for', "run(2000).then(() => console.log('finished'))", 0],
    [
      'ends by process.exit() in the middle of two runs',
      'run(2000); run(2000); setTimeout(() => process.exit(5), 20)',
      5,
    ],
    [
      'ends by an error in the middle of a run',
      "run(2000); setTimeout(() => { throw new Error('mine') }, 20)",
      1,
    ],
    [
      'ends while workers start',
      "loadPooledRuntime({ device: 'wasm' }); setTimeout(() => process.exit(6), 5)",
      6,
    ],
    ['ends after everything was released', 'await session.release()', 0],
  ])('%s', async (_, code, expected) => {
    const result = await runProcess(code);
    // 134 is what ONNX Runtime makes of a worker that ends inside it.
    expect([result.code, result.signal]).toEqual([expected, null]);
    expect(result.stderr).not.toContain('Napi::Error');
    if (code.includes('finished')) expect(result.stdout).toBe('finished\n');
  });

  it('survives models that come and go while others run', async () => {
    const { code, stderr, stdout } = await runProcess(`
      const client = async (k) => {
        for (let i = 0; i < 25; i++) {
          const device = (i + k) % 2 ? 'cpu' : 'auto';
          const own = await (await loadPooledRuntime({ device, threads: 1 + ((i * k) % 3) })).createSession(bytes);
          const runs = Array.from({ length: (i * 7 + k) % 9 }, (_, count) =>
            own.run({ z: { data: new Float32Array(2 * count + 2), shape: [count + 1, 2] } }, ['x'])
              .then(({ x }) => { if (x.shape[0] !== count + 1) throw new Error('mixed up'); })
              .catch((error) => { if (error.code !== 'disposed') throw error; }));
          if (i % 3) await Promise.all(runs);
          await own.release();
          await Promise.all(runs);
        }
      };
      await Promise.all([1, 2, 3].map(client));
      console.log('done');`);
    expect([code, stdout], stderr).toEqual([0, 'done\n']);
  });

  it('ends on a signal', async () => {
    const { signal } = await runProcess(
      "run(2000); setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20)",
    );
    expect(signal).toBe('SIGTERM');
  });

  it('runs in its only thread where it may start no other', async () => {
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    const flags = [permission, '--allow-fs-read=*', '--allow-addons'];
    const { stdout, stderr, code } = await runProcess(
      'console.log(runtime.worker, overlapping.length)',
      flags,
    );
    expect([code, stdout], stderr).toEqual([0, 'false 3\n']);
    const asked = await runProcess('await loadPooledRuntime({ worker: true })', flags);
    expect(asked.stderr).toContain('Pass worker: false to run in this thread.');
  });

  it('runs in its thread where that is a worker thread of its own', async () => {
    const { stdout } = await runProcess(`
      import { Worker } from 'node:worker_threads';
      const code = \`import('${new URL('../../dist/runtime/index.js', import.meta.url)}')
        .then(({ loadPooledRuntime }) => loadPooledRuntime()).then(({ worker }) => console.log(worker))\`;
      new Worker(code, { eval: true });
    `);
    expect(stdout).toBe('false\n');
  });
});
