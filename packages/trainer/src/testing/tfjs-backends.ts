import { beforeAll, describe } from 'vitest';
import type { Compiled, EngineOptions, Program, State } from '../engines/engine.js';
import { type Backend, type BackendOptions, openBackend } from '../engines/tfjs/backends.js';
import { toTfjsSetup } from '../engines/tfjs/index.js';
import { TfjsPrograms } from '../engines/tfjs/programs.js';

export type Only = NonNullable<BackendOptions['only']>;

const withNative = process.env.VAE_TEST_TFJS_NODE === '1';
const titles: Record<Only, string> = {
  native: 'tfjs-node (needs VAE_TEST_TFJS_NODE=1)',
  wasm: 'WebAssembly',
  cpu: 'plain JavaScript',
};

/** Describes what holds on every back end; tfjs-node is there when VAE_TEST_TFJS_NODE=1 says that it was set up. */
export function describeBackends(what: string, body: (only: Only) => void): void {
  for (const only of Object.keys(titles) as Only[])
    describe.skipIf(only === 'native' && !withNative)(`${what}: ${titles[only]}`, () => {
      beforeAll(() => openOnly(only));
      body(only);
    });
}

/** One back end and no other, on the CPU with one thread. */
export async function openOnly(only: Only): Promise<Backend> {
  const backend = await openBackend({ only, device: 'cpu', threads: 1 });
  if (backend.isNative !== (only === 'native')) throw new Error(backend.notes.join(' '));
  return backend;
}

/** The engine on one back end, without its thread, so that a test needs no build. */
export const inThreadTfjs = (only: Only) => ({
  name: 'tfjs',
  compile: (
    programs: Readonly<Record<string, Program>>,
    state: State,
    options: EngineOptions = {},
  ): Promise<Compiled> =>
    TfjsPrograms.open({ ...toTfjsSetup(programs, state, { threads: 1, ...options, device: 'cpu' }), only }),
});
