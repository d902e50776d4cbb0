import { describe, expect, it } from 'vitest';
import { host as node } from '../platform/node/host.js';
import { onnxModel } from '../testing/onnx.js';
import { devicesOfPages } from './devices/of-pages.js';
import { findRuntime } from './find-runtime.js';
import type { OrtBuild, OrtHost } from './host.js';
import type { DeviceReport, OrtModule } from './types.js';

const model = onnxModel({
  inputs: [{ name: 'x', shape: [1] }],
  outputs: [{ name: 'y', shape: [1] }],
  constants: [],
  nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
});

/** A Linux machine without a GPU, whatever the tests run on; `broken` builds do not load. */
function host(broken: readonly OrtBuild[], more: Partial<OrtHost> = {}) {
  const warnings: string[] = [];
  const place: OrtHost = {
    ...node,
    os: 'linux',
    architecture: 'x64',
    cudaState: undefined,
    warn: (text) => void warnings.push(text),
    async loadBuild(build) {
      if (broken.includes(build)) throw new Error(`Cannot find package '${build}'\nand a stack`);
      return node.loadBuild(build);
    },
    ...more,
  };
  return { place, warnings };
}

const chosen = (report: readonly DeviceReport[]) => report.filter(({ chosen }) => chosen);
const reasonOf = (report: readonly DeviceReport[], name: string) =>
  report.find(({ device }) => device === name)!.reason;

describe('the device', () => {
  it("is with 'auto' the first that works, and every other has its reason", async () => {
    const { report, device } = await findRuntime(host([]).place);
    expect(device).toBe('cpu');
    expect(chosen(report)).toEqual([{ device: 'cpu', chosen: true, reason: 'it is the first that works' }]);
    expect(report.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'coreml', 'dml', 'cpu', 'wasm']);
    expect(reasonOf(report, 'cuda')).toContain('CUDA on Linux x64 only');
    expect(reasonOf(report, 'webgpu')).toContain('ask for it by name');
    expect(reasonOf(report, 'coreml')).toContain('this is linux x64');
    expect(reasonOf(report, 'wasm')).toBe('it is not needed, cpu comes first');
  });

  it('is wasm without onnxruntime-node, with a warning that says how to get it', async () => {
    const { place, warnings } = host(['native']);
    const runtime = await findRuntime(place);
    expect([runtime.device, runtime.name]).toEqual(['wasm', 'onnxruntime-web']);
    expect(warnings).toEqual([
      '@vae/sdk: running on the slower wasm build of ONNX Runtime, because onnxruntime-node did not load on linux x64 ' +
        "(Cannot find package 'native'). Install it with: ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node.",
    ]);
  });

  it('is wasm where Node was told to load no addons, with a warning that says so', async () => {
    const addons = 'Cannot load native addon because loading addons is disabled.';
    const { place, warnings } = host([], {
      loadBuild: async (build) => {
        if (build === 'native') throw new Error(addons);
        return node.loadBuild(build);
      },
    });
    expect((await findRuntime(place)).device).toBe('wasm');
    expect(warnings).toEqual([
      expect.stringMatching(/is disabled\.\)\. Start Node without --no-addons, and .* --allow-addons\.$/),
    ]);
  });

  it('is never another than the one asked for', async () => {
    await expect(findRuntime(host(['native']).place, { device: 'cpu' })).rejects.toMatchObject({
      code: 'no-device',
      message:
        "device 'cpu' is not there: onnxruntime-node did not load on linux x64 (Cannot find package 'native'). " +
        'Install it with: ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node.',
      cause: expect.objectContaining({ message: expect.stringContaining('and a stack') }),
    });
    await expect(findRuntime(host(['wasm']).place, { device: 'wasm' })).rejects.toThrow(
      'npm i onnxruntime-web',
    );
    const { report, device } = await findRuntime(host([]).place, { device: 'wasm' });
    expect([device, report]).toEqual([
      'wasm',
      [{ device: 'wasm', chosen: true, reason: 'it was asked for' }],
    ]);
  });

  it('is none, with the reasons of those that were tried', async () => {
    const nothing = findRuntime(host(['native', 'wasm']).place);
    await expect(nothing).rejects.toThrow(
      /^no device works on linux x64\. cpu: onnxruntime-node did not load.*\. wasm: onnxruntime-web did not load.*\.$/,
    );
  });

  it.each([
    ['coreml', 'linux', 'Core ML is a part of macOS, this is linux x64'],
    ['dml', 'linux', 'DirectML is a part of Windows, this is linux x64'],
    ['cuda', 'darwin', 'onnxruntime-node has CUDA on Linux x64 only, this is darwin x64'],
    [
      'cpu',
      'browser',
      "it needs the native runtime of Node, this is a browser. There are 'auto', 'webgpu', 'wasm'.",
    ],
    ['webgpu', 'browser', 'this browser has no WebGPU'],
  ] as const)('%s is not on %s, and the error says so', async (device, os, reason) => {
    const error = await findRuntime(
      host([], { os, ...(os === 'browser' && { devices: devicesOfPages }) }).place,
      { device },
    ).catch((error) => error);
    expect(error.code).toBe('no-device');
    expect(error.message).toContain(`device '${device}' is not there: ${reason}`);
  });

  it.each([
    ['linux', node.devices, "'cuda' or 'webgpu'"],
    ['browser', devicesOfPages, "'webgpu'"],
  ] as const)('that is called gpu is on %s one of those that there are', async (os, devices, meant) => {
    const { place } = host([], { os, devices });
    await expect(findRuntime(place, { device: 'gpu' as never })).rejects.toThrow(
      `device 'gpu' is not known. Did you mean ${meant}? There are`,
    );
  });

  it("may in a browser be one of Node's for a runtime of the caller's own", async () => {
    const { place } = host([], { os: 'browser', devices: devicesOfPages });
    const ort = await node.loadBuild('native');
    for (const device of ['cpu', 'auto'] as const) {
      const runtime = await findRuntime(place, { device, ort });
      expect([runtime.device, runtime.name]).toEqual(['cpu', 'injected']);
      await (await runtime.createSession(model)).release();
    }
    await expect(findRuntime(place, { device: 'cpus' as never, ort })).rejects.toThrow('is not known');
  });

  it('counts only after a trial run', async () => {
    const { loadBuild } = node;
    const refusing = async (build: OrtBuild): Promise<OrtModule> => ({
      ...(await loadBuild(build)),
      InferenceSession: {
        create: () => Promise.reject(new Error('/src/x.cc:7 f() ok was false. No adapter.\nat')),
      },
    });
    const { place, warnings } = host([], { loadBuild: refusing });
    await expect(findRuntime(place, { device: 'webgpu' })).rejects.toThrow(
      "device 'webgpu' is not there: a trial run failed: No adapter. It needs a Vulkan loader and driver: apt install",
    );
    await expect(findRuntime(place, { device: 'cpu' })).rejects.toThrow('a trial run failed: No adapter.');
    expect(warnings).toEqual([]);
  });

  it('counts no more once its GPU was lost', async () => {
    const ort = await node.loadBuild('native');
    let isLost = false;
    const gpu: OrtModule = {
      ...ort,
      InferenceSession: {
        async create(bytes, options) {
          const session = await ort.InferenceSession.create(bytes, {
            ...options,
            executionProviders: ['cpu'],
          });
          const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
          return {
            ...{ inputNames, outputNames, inputMetadata, outputMetadata },
            run: async (...given) => {
              if (isLost) throw new Error('Device is lost.');
              return session.run(...given);
            },
            release: () => session.release(),
          };
        },
      },
    };
    const { place } = host([], { loadBuild: async () => gpu });
    const { createSession } = await findRuntime(place, { device: 'webgpu' });
    const session = await createSession(model);
    isLost = true;
    const run = session.run({ x: { data: new Float32Array(1), shape: [1] } }, ['y']);
    await expect(run).rejects.toMatchObject({ code: 'runtime-failed' });
    await session.release();
    await expect(findRuntime(place, { device: 'webgpu' })).rejects.toMatchObject({
      code: 'no-device',
      message: expect.stringMatching(
        /^device 'webgpu' is not there: a trial run failed: The GPU was lost \(.*Device is lost\); start the process anew/,
      ),
    });
  });

  it('does not count when its results are wrong', async () => {
    const wrong = async (build: OrtBuild): Promise<OrtModule> => {
      const ort = await node.loadBuild(build);
      const run = async () => ({ y: new ort.Tensor('float32', new Float32Array(2), [2]) });
      const session = { inputMetadata: [], outputMetadata: [], run, release: async () => {} };
      return { ...ort, InferenceSession: { create: async () => session as never } };
    };
    await expect(findRuntime(host([], { loadBuild: wrong }).place, { device: 'cpu' })).rejects.toThrow(
      "device 'cpu' is not there: a trial run failed: 1 + 1 came out as 0",
    );
  });
});

describe('threads of wasm', () => {
  it('are as many as the place has, whatever is asked', async () => {
    const { place } = host([], { wasmThreads: () => 1 });
    const { threads } = await findRuntime(place, { device: 'wasm', threads: 8 });
    expect(threads).toBe(1);
  });
});

describe('the options of a session', () => {
  it('name one execution provider, never a list to fall back on', async () => {
    const seen: Record<string, unknown>[] = [];
    const ort = await node.loadBuild('native');
    const spy: OrtModule = {
      ...ort,
      env: ort.env,
      InferenceSession: {
        create(bytes, options) {
          seen.push(options);
          return ort.InferenceSession.create(bytes, { ...options, executionProviders: ['cpu'] });
        },
      },
    };
    for (const device of ['cuda', 'dml', 'cpu'] as const) {
      const runtime = await findRuntime(host([]).place, { ort: spy, device, threads: 2 });
      await (await runtime.createSession(model)).release();
    }
    expect(seen.map(({ executionProviders }) => executionProviders)).toEqual([['cuda'], ['dml'], ['cpu']]);
    // DirectML refuses memory patterns.
    expect(seen.map(({ enableMemPattern }) => enableMemPattern)).toEqual([undefined, false, undefined]);
    expect(seen.map(({ intraOpNumThreads }) => intraOpNumThreads)).toEqual([2, 2, 2]);
  });
});

describe('WebGPU', () => {
  it('creates and runs one at a time, over all runtimes', async () => {
    let running = 0;
    const order: string[] = [];
    const slowly = async <T>(name: string, value: T): Promise<T> => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      order.push(name);
      return value;
    };
    const session = (name: string) => ({
      inputMetadata: [],
      outputMetadata: [],
      run: () => slowly(`${name} ran`, {}),
      release: () => slowly(`${name} released`, undefined),
    });
    const ort = (name: string) =>
      ({
        env: {},
        Tensor: class {},
        InferenceSession: { create: () => slowly(`${name} made`, session(name)) },
      }) as unknown as OrtModule;
    const open = (name: string) => findRuntime(host([]).place, { device: 'webgpu', ort: ort(name) });
    const [a, b] = await Promise.all([open('a'), open('b')]);
    const [first, second] = await Promise.all([a.createSession(model), b.createSession(model)]);
    await Promise.all([first.run({}), second.run({}), first.run({}), second.release()]);
    expect(order).toEqual(['a made', 'b made', 'a ran', 'b ran', 'a ran', 'b released']);
  });
});
