import type { Streams } from '@vae/trainer/terminal';
import type { Command } from 'commander';

/** What a command's file exports: either it describes itself, or it takes its words as they are. */
export type CommandModule =
  | {
      /** Adds arguments, options and an action to an empty command. */
      setUp(command: Command, streams: Streams): void;
    }
  | {
      /** Reads its own words, prints its own errors and sets its own exit code. */
      run(argv: string[], streams: Streams): Promise<void>;
    };

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Only the command that runs is loaded, so that `vae --help` and `vae sample` start fast. */
  readonly load: () => Promise<CommandModule>;
}

/** All commands, in the order of the help text. A new one is a file and a line here. */
export const commands: readonly CommandEntry[] = [
  { name: 'train', summary: 'train a model (the same as vae-train)', load: () => import('./train.js') },
  { name: 'encode', summary: 'images or rows to latents', load: () => import('./encode.js') },
  { name: 'decode', summary: 'latents to images or rows', load: () => import('./decode.js') },
  {
    name: 'reconstruct',
    summary: 'images or rows to latents and back',
    load: () => import('./reconstruct.js'),
  },
  { name: 'sample', summary: 'draw new images or rows from the prior', load: () => import('./sample.js') },
  {
    name: 'interpolate',
    summary: 'walk from one image or row to another',
    load: () => import('./interpolate.js'),
  },
  { name: 'manifold', summary: 'map of a 2-D latent space', load: () => import('./manifold.js') },
  { name: 'traverse', summary: 'change one latent dimension at a time', load: () => import('./traverse.js') },
  { name: 'eval', summary: 'bound, reconstruction and KL on a test set', load: () => import('./eval.js') },
  { name: 'fit', summary: 'fit a mixture to latents, to sample from', load: () => import('./fit.js') },
  { name: 'export', summary: 'a model in another form or precision', load: () => import('./export.js') },
  { name: 'page', summary: 'a web page with sliders, from a model', load: () => import('./page.js') },
  { name: 'info', summary: 'what a model folder holds', load: () => import('./info.js') },
  { name: 'bench', summary: 'time ours and the peers, in a checkout', load: () => import('./bench.js') },
  { name: 'doctor', summary: 'which devices work here; --fix gets more', load: () => import('./doctor.js') },
];
