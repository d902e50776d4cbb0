import type { Command } from 'commander';
import { findPrepared, type PreparedTfjs, setUpTfjs } from '../setup/tfjs/index.js';
import { createOutput, createProgress, type Output, parseChoice, type Streams } from '../terminal/index.js';
import { stopOnSignal } from './stop-on-signal.js';

interface SetupFlags {
  readonly gpu?: boolean;
  readonly rebuild?: boolean;
  readonly json?: boolean;
}

/** Adds the words and flags of `vae-train setup` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  command
    .argument(
      '[name]',
      'what to set up: tfjs (TensorFlow.js on TensorFlow’s own library)',
      parseChoice('setup', ['tfjs']),
    )
    .option('--gpu', 'tfjs: with CUDA')
    .option('--rebuild', 'make everything anew, the Python environment too')
    .option('--json', 'end with one JSON object on stdout')
    .action((name: 'tfjs' | undefined, flags: SetupFlags) => {
      const output = createOutput({ json: flags.json, streams });
      return name === undefined ? list(output) : setUpNamed(flags, output, streams);
    });
}

function list(output: Output): void {
  const rows = [false, true].map((gpu) => ({
    command: tfjsCommand(gpu),
    ready: findPrepared({ gpu }) ?? null,
  }));
  const lines = rows.map(
    ({ command, ready }) => `${command.padEnd(28)}${ready ? `ready: ${describe(ready)}` : 'not set up'}`,
  );
  output.result({ setups: rows }, lines.join('\n'));
}

const tfjsCommand = (gpu: boolean): string => `vae-train setup tfjs${gpu ? ' --gpu' : ''}`;

const describe = ({ version, tensorflow }: PreparedTfjs): string =>
  `tfjs-node ${version} on TensorFlow ${tensorflow}`;

async function setUpNamed(
  { gpu = false, rebuild }: SetupFlags,
  output: Output,
  streams: Streams,
): Promise<void> {
  const stop = stopOnSignal();
  const progress = showSteps(streams);
  try {
    const result = await setUpTfjs({ gpu, rebuild, onNote: progress.note, signal: stop.signal });
    progress.finish();
    if (gpu && result.device === 'cpu')
      output.note(
        'TensorFlow sees no GPU here (nvidia-smi shows what the driver sees), so it computes on the CPU.',
      );
    output.result(
      result,
      `${describe(result)} (${result.device}): product and gradient right. Train with: vae-train RECIPE --engine tfjs`,
    );
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    progress.finish();
    output.note('Stopped; nothing is left half made.');
    output.result({ interrupted: true });
    process.exitCode = stop.exitCode();
  } finally {
    progress.finish();
    stop.dispose();
  }
}

/** Each step as a line that stays, and on a terminal the time below, because a step may be silent for minutes. */
function showSteps({ stderr }: Streams): { note(text: string): void; finish(): void } {
  const progress = createProgress({ stream: stderr, total: 0, label: 'setup', lineIntervalMs: 60_000 });
  const startMs = performance.now();
  const tick = setInterval(() => {
    const seconds = Math.round((performance.now() - startMs) / 1000);
    progress.update({ done: 0, fields: { running: `${seconds} s` } });
  }, 1000);
  return {
    note: (text) => progress.line(text),
    finish: () => {
      clearInterval(tick);
      progress.finish();
    },
  };
}
