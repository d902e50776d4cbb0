import type { DeviceName } from '@vae/sdk/runtime';
import { createOutput, createProgress, parseChoice, type Streams, UsageError } from '@vae/trainer/terminal';
import { type Command, Option } from 'commander';
import { advice } from '../doctor/advice.js';
import { tryInChild } from '../doctor/child.js';
import { fix } from '../doctor/fix.js';
import { lookAtMachine, type Machine } from '../doctor/machine.js';
import { lookForFiles } from '../doctor/present.js';
import { describe, type Finding, findingsOf } from '../doctor/report.js';
import type { Trial } from '../doctor/trial.js';

interface Options {
  readonly device: DeviceName | 'auto';
  readonly fix?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly trial?: DeviceName;
}

const names = Object.keys(advice) as DeviceName[];

export function setUp(command: Command, streams: Streams): void {
  command
    .option(
      '--device <name>',
      `only one of: ${names.join(', ')}`,
      parseChoice('--device', ['auto', ...names], { gpu: ['cuda', 'webgpu'] }),
      'auto',
    )
    .option('--fix', 'get what is missing from the registries of npm and Python')
    .option('-y, --yes', 'do not ask before a download')
    .option('--json', 'print one JSON object on stdout, everything else on stderr')
    // One trial without a net; the doctor starts it in a process of its own.
    .addOption(new Option('--trial <device>').argParser(parseChoice('--trial', names)).hideHelp())
    .action(async (options: Options) => {
      const { device, trial, json } = options;
      const output = createOutput({ json, streams });
      if (trial !== undefined) {
        const { tryDevice } = await import('../doctor/trial.js');
        return output.result({}, JSON.stringify(await tryDevice(trial)));
      }
      const machine = lookAtMachine();
      const devices = device === 'auto' ? names : [device];
      let findings = await examine(devices, machine, streams);
      const fixed = options.fix ? await fix({ ...options, machine, output, streams }) : [];
      if (fixed.length > 0) findings = await examine(devices, machine, streams);
      output.result(
        { node: process.versions.node, ...machine, devices: findings, fixed },
        describe(findings, machine),
      );
      if (!findings.some(({ works }) => works)) throw refusal(device, findings);
    });
}

/** One after the other: two trials on one GPU could disturb each other. */
async function examine(
  devices: readonly DeviceName[],
  machine: Machine,
  { stderr }: Streams,
): Promise<Finding[]> {
  const progress = createProgress({
    stream: stderr,
    label: 'trying',
    total: devices.length,
    // Seconds are not worth a line where there is no terminal.
    lineIntervalMs: Number.POSITIVE_INFINITY,
  });
  const trials: Trial[] = [];
  for (const [done, device] of devices.entries()) {
    progress.update({ done, fields: { device } });
    trials.push(await tryInChild(device));
  }
  progress.finish();
  return findingsOf(trials, machine, lookForFiles(machine));
}

function refusal(device: string, findings: readonly Finding[]): UsageError {
  if (device === 'auto') return new UsageError('No device works here; the table above says what to do.');
  const [{ reason, advice } = {} as Finding] = findings;
  return new UsageError(`device '${device}' does not work here: ${reason}${advice ? ` → ${advice}` : ''}`);
}
