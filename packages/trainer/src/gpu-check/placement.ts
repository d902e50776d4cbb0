import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRuntime, type OrtSession, type Runtime } from '@vae/sdk/runtime';
import { devices, type OrtDeviceName } from '../engines/ort/devices/index.js';
import type { Recipe } from '../recipe/recipe.js';
import { type CheckOptions, type Finding, failed, passed } from './finding.js';
import { prepare } from './training.js';

interface NodeEvent {
  readonly cat: string;
  readonly name: string;
  readonly args: { readonly provider?: string; readonly op_name?: string };
}

interface Profiling {
  readonly runtime: Runtime;
  /** The sessions that were made meanwhile. */
  readonly sessions: (OrtSession & { endProfiling(): void })[];
}

/** A runtime whose sessions write down which nodes they run, in files that begin with `prefix`. */
function profiled(runtime: Runtime, prefix: string): Profiling {
  const sessions: Profiling['sessions'] = [];
  const { Tensor, InferenceSession, env } = runtime.ort;
  const create: typeof InferenceSession.create = async (bytes, options) => {
    const session = await InferenceSession.create(bytes, {
      ...options,
      enableProfiling: true,
      profileFilePrefix: prefix,
    });
    sessions.push(session as Profiling['sessions'][number]);
    return session;
  };
  return { runtime: { ...runtime, ort: { Tensor, env, InferenceSession: { create } } }, sessions };
}

/** How often an operator ran on each provider, inside the Scan node too. */
export type Placement = Readonly<Record<string, Readonly<Record<string, number>>>>;

function readPlacement(events: readonly NodeEvent[]): Placement {
  const counts: Record<string, Record<string, number>> = {};
  for (const { cat, name, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const { provider = 'unknown', op_name: operator = 'unknown' } = args;
    counts[provider] ??= {};
    counts[provider][operator] = (counts[provider][operator] ?? 0) + 1;
  }
  return counts;
}

/**
 * Runs a few training steps as they are on a device, and sees where each node was computed.
 *
 * @param found what runs them; of another device in tests
 */
export async function placementOn(
  name: OrtDeviceName,
  found: Runtime,
  { data, steps, precision }: Pick<CheckOptions, 'data' | 'steps'> & Pick<Recipe, 'precision'>,
): Promise<Placement> {
  const { programs, state, feeds } = await prepare('seed-cvae', data, steps, { precision });
  const folder = await mkdtemp(join(tmpdir(), 'vae-placement-'));
  try {
    const { runtime, sessions } = profiled(found, join(folder, 'run'));
    const setup = devices[name].prepare({ train: programs.train }, state, 1);
    const opened = await devices[name].open(runtime, setup);
    if (opened.runSteps) await opened.runSteps('train', feeds(0, steps));
    else for (const one of feeds(0, steps)) await opened.run('train', one);
    for (const session of sessions) session.endProfiling();
    await opened.dispose();
    const files = await readdir(folder);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    return readPlacement(texts.flatMap((text) => JSON.parse(text) as NodeEvent[]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Judges a placement: every node on the provider, and no copies between host and device in the middle. */
export function judgePlacement(placement: Placement, provider: string): Finding {
  const here = placement[provider] ?? {};
  const copies = Object.entries(here).filter(([operator]) => operator.startsWith('Memcpy'));
  const elsewhere = Object.entries(placement).filter(([name]) => name !== provider);
  const stray = [...elsewhere.flatMap(([, counts]) => Object.entries(counts)), ...copies];
  const seen = `${total(here)} nodes on ${provider}`;
  if (total(here) > 0 && stray.length === 0) return passed(`${seen}, none elsewhere, no copies`);
  const which = stray.map(([operator, count]) => `${count} ${operator}`).join(', ');
  return failed(`${seen}; elsewhere or copied: ${which || 'everything'}`);
}

/** More than one, so that what is done between steps is seen. */
const STEPS = 2;

/** The providers of the devices that must take every node of a training step. */
const providers = { cuda: 'CUDAExecutionProvider', webgpu: 'WebGpuExecutionProvider' } as const;

export async function checkPlacement(
  device: keyof typeof providers,
  { data }: CheckOptions,
): Promise<Finding> {
  const runtime = await loadRuntime({ device });
  return judgePlacement(await placementOn(device, runtime, { data, steps: STEPS }), providers[device]);
}
