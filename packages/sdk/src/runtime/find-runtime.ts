import { reason, VaeError } from '../errors.js';
import { nearest } from '../nearest.js';
import { type DeviceRecord, placeOf } from './devices/device.js';
import type { OrtBuild, OrtHost } from './host.js';
import { makeRuntime } from './make-runtime.js';
import { assertThreads } from './session/session-options.js';
import { tryDevice } from './trial.js';
import type { Device, DeviceName, DeviceReport, OrtModule, Runtime } from './types.js';
import { assertWasm, configureWasm, type WasmOptions } from './wasm/wasm-files.js';
import { started } from './wasm/wasm-start.js';
import { working } from './working.js';

export interface RuntimeOptions {
  /**
   * 'auto' (default): in Node `cuda`, `cpu`, `wasm`, on pages `webgpu` (on real hardware, for a model of 16 MB or
   * more) and `wasm`; the first that works. A device by its name: that one, never replaced by another.
   */
  readonly device?: Device;
  /** A runtime of the caller's own: the module `onnxruntime-node`, `onnxruntime-web/wasm` or one like them. */
  readonly ort?: OrtModule;
  /**
   * Threads that models have in all. When left out: all of up to two logical processors, half of more (they tend to
   * be two per core), at most 4. A page has more than one only when it is cross-origin isolated.
   */
  readonly threads?: number;
  /**
   * The calling thread runs models and nothing else, so that denormal numbers (below 1.2e-38) may count as zero in it,
   * for its whole life and in its JavaScript too. ONNX Runtime's kernels are many times slower on them. It heeds this
   * in the thread that makes the first session of the process, and in those that are started from it afterwards.
   * `false` when left out: the thread's arithmetic stays as it is.
   */
  readonly ownThread?: boolean;
  /** Where onnxruntime-web gets its WebAssembly file. */
  readonly wasm?: WasmOptions;
  /** Size of the model, by which 'auto' decides on a page. */
  readonly modelBytes?: number;
}

const packageOf = (build: OrtBuild) => (build === 'native' ? 'onnxruntime-node' : 'onnxruntime-web');

/** Refuses what no runtime can have. */
export async function assertOptions(
  host: OrtHost,
  { device = 'auto', threads, wasm, ort }: RuntimeOptions,
): Promise<void> {
  if (threads !== undefined) assertThreads(threads);
  await assertWasm(wasm);
  if (ort !== undefined && (typeof ort?.InferenceSession?.create !== 'function' || !ort.Tensor)) {
    const { notOrt } = await import('./refusals.js');
    throw new VaeError('bad-option', notOrt);
  }
  const names = Object.keys(host.devices);
  if (device === 'auto' || names.includes(device)) return;
  const { isNative, unknownDevice } = await import('./refusals.js');
  // A runtime of the caller's own may run on what this place has not by itself.
  if (ort && isNative(device)) return;
  throw new VaeError(
    'no-device',
    unknownDevice(device, names, nearest(String(device), names), placeOf(host)),
  );
}

/** Finds ONNX Runtime at a place; see `loadRuntime`. */
export async function findRuntime(host: OrtHost, options: RuntimeOptions = {}): Promise<Runtime> {
  await assertOptions(host, options);
  const { devices } = host;
  const { device = 'auto', ort } = options;
  if (ort) {
    const { injected } = await import('./injected.js');
    const { device, ...facts } = injected(host, ort, options);
    return makeRuntime(host, { ...facts, device: devices[device] ?? { name: device } });
  }
  if (device === 'auto') return findBest(host, options);
  try {
    const record = devices[device]!;
    const absent = await record.absent(host);
    if (absent) throw new Error(absent);
    return await open(host, record, options, askedFor(device));
  } catch (error) {
    const { message, cause = error } = error as Error;
    throw new VaeError('no-device', `device '${device}' is not there: ${message}.`, { cause });
  }
}

/** The report on a device that the caller named. */
export function askedFor(device: DeviceName): DeviceReport[] {
  return [{ device, chosen: true, reason: 'it was asked for' }];
}

/** The first device that works; the report has the others with the reason. */
async function findBest(host: OrtHost, options: RuntimeOptions): Promise<Runtime> {
  const report: DeviceReport[] = [];
  const failed: string[] = [];
  let found: Runtime | undefined;
  for (const record of Object.values(host.devices)) {
    const device = record.name;
    const pass = await passBy(host, record, found, options.modelBytes);
    if (pass) {
      report.push({ device, chosen: false, reason: pass });
      continue;
    }
    try {
      found = await open(host, record, options, report);
      report.push({ device, chosen: true, reason: 'it is the first that works' });
    } catch (error) {
      report.push({ device, chosen: false, reason: reason(error) });
      failed.push(`${device}: ${reason(error)}.`);
    }
  }
  if (!found) throw new VaeError('no-device', `no device works on ${placeOf(host)}. ${failed.join(' ')}`);
  if (found.device === 'wasm' && host.os !== 'browser') {
    const { slower } = await import('./refusals.js');
    host.warn(slower(report.find(({ device }) => device === 'cpu')!.reason));
  }
  return found;
}

/** Why 'auto' does not try a device. */
async function passBy(
  host: OrtHost,
  { absent, avoided }: DeviceRecord,
  found: Runtime | undefined,
  modelBytes: number | undefined,
): Promise<string | undefined> {
  const looks = [() => absent(host), () => avoided?.(host, modelBytes)];
  // To ask a browser for its graphics card is slow, and noted in its console where there is none.
  const [first, second] = host.os === 'browser' ? looks.reverse() : looks;
  const why = (await first!()) ?? (await second!());
  return why ?? (found ? `it is not needed, ${found.device} comes first` : undefined);
}

/** Loads the build for a device and tries it; throws an Error whose message is the reason, without a full stop. */
async function open(
  host: OrtHost,
  device: DeviceRecord,
  { threads = host.defaultThreads(), wasm: given, ownThread }: RuntimeOptions,
  report: readonly DeviceReport[],
): Promise<Runtime> {
  const build = device.build(host);
  const ort = await load(host, build);
  const used = build === 'native' ? threads : Math.min(threads, host.wasmThreads());
  const wasm = given ?? host.wasmBeside?.(build);
  if (build !== 'native') configureWasm(ort, build, used, wasm);
  const runtime = makeRuntime(host, {
    name: packageOf(build),
    ort,
    device,
    threads: used,
    report,
    ownThread,
  });
  const worked = working.get(ort) ?? new Set();
  if (worked.has(device.name)) return runtime;
  try {
    const trial = tryDevice(runtime);
    await (build === 'native' ? trial : started(trial, ort, used, wasm));
  } catch (error) {
    const cause = (error instanceof VaeError && error.cause) || error;
    const { explainTrial } = await import('./explain-trial.js');
    throw new Error(explainTrial(reason(cause), device.advice?.(host), build !== 'native' && { wasm }), {
      cause,
    });
  }
  working.set(ort, worked.add(device.name));
  return runtime;
}

async function load(host: OrtHost, build: OrtBuild): Promise<OrtModule> {
  try {
    return await host.loadBuild(build);
  } catch (cause) {
    const { notLoaded } = await import('./refusals.js');
    throw new Error(notLoaded(packageOf(build), placeOf(host), reason(cause)), { cause });
  }
}
