import type { Runtime } from '@vae/sdk/runtime';

export interface Trained {
  readonly terms: readonly Readonly<Record<string, number>>[];
  /** Bytes that each step got back from the device. */
  readonly bytesRead: readonly number[];
  readonly encoder: Uint8Array;
  readonly decoder: Uint8Array;
}

export function trainInPage(
  page: typeof import('@vae/trainer/page'),
  runtime: Runtime,
  recipe: object,
  watch?: (step: number) => void,
): Promise<Trained>;
