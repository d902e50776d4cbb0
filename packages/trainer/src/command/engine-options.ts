import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { type EngineName, engines } from '../engines/index.js';
import { parseChoice, parseWhole, UsageError } from '../terminal/index.js';

const devices = ['auto', 'cpu', 'cuda', 'webgpu'] as const;

/** What computes, and on what. */
export interface EngineFlags {
  readonly engine: EngineName;
  readonly device: (typeof devices)[number];
  readonly threads: number;
}

export function addEngineOptions(command: Command): Command {
  const names = Object.keys(engines) as EngineName[];
  return command
    .option('--engine <name>', names.join(', '), parseChoice('--engine', names), 'ort')
    .option(
      '--device <name>',
      devices.join(', '),
      parseChoice('--device', devices, { gpu: ['cuda', 'webgpu'] }),
      'auto',
    )
    .option(
      '--threads <n>',
      'threads of the engine',
      parseWhole('--threads', { min: 1, max: 256 }),
      availableParallelism(),
    );
}

/** @throws UsageError when the engine has no such device */
export function requireDevice({ device, engine }: EngineFlags): void {
  const cpuOnly = engine === 'reference' && device !== 'auto' && device !== 'cpu';
  if (cpuOnly)
    throw new UsageError(
      `--device ${device}: the engine "reference" computes on the CPU. Use --device cpu or auto.`,
    );
}
