import type { Runtime } from '@vae/sdk/runtime';
import { expect, it } from 'vitest';
import { createSession } from './session.js';

it.each([
  ['cuda', '1'],
  ['cpu', undefined],
] as const)(
  'a session on %s is asked for sums in a fixed order where they are not: %s',
  async (device, asked) => {
    const given: { extra?: { session: object } }[] = [];
    const create = async (_: Uint8Array, options: { extra?: { session: object } }) =>
      void given.push(options);
    const runtime = { ort: { InferenceSession: { create } }, device } as unknown as Runtime;
    await createSession(runtime, 'train', new Uint8Array(), { threads: 1 });
    const { session } = given[0].extra!;
    expect((session as Record<string, string>).use_deterministic_compute).toBe(asked);
  },
);
