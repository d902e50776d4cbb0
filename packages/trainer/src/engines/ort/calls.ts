import type { EngineOptions, Feeds, State } from '../engine.js';
import type { OrtSetup } from './devices/device.js';

/** What the thread is started with. */
export interface ThreadSetup {
  readonly device?: EngineOptions['device'];
}

/** First `choose`, then `open` with what was lowered for the device, then the others. */
export type OrtCall =
  | { readonly method: 'choose' | 'readState' | 'dispose' }
  | { readonly method: 'open'; readonly setup: OrtSetup }
  | { readonly method: 'run'; readonly program: string; readonly feeds: Feeds }
  | {
      readonly method: 'runSteps';
      readonly program: string;
      readonly feeds: readonly Feeds[];
      /** Of each step the slot with the rest of its feeds, where there is one. */
      readonly slots: readonly (number | undefined)[];
    }
  | { readonly method: 'writeState'; readonly state: State };
