import { advice } from './advice.js';
import type { Machine } from './machine.js';
import type { Present } from './present.js';
import type { Trial } from './trial.js';

/** A device, what its trial said, and what to do. */
export interface Finding extends Trial {
  /** The next step that may make it work. */
  readonly advice?: string;
}

/** Joins trials with advice. Where there is none of our own, what the SDK says after its first sentence is some. */
export function findingsOf(trials: readonly Trial[], machine: Machine, present: Present): Finding[] {
  return trials.map((trial) => {
    if (trial.works) return trial;
    const [reason, rest] = firstSentence(plain(trial.reason ?? ''));
    return { ...trial, reason, advice: advice[trial.device](machine, present) ?? rest };
  });
}

/** Without the device, which stands beside it, and without where in its sources ONNX Runtime gave up. */
function plain(reason: string): string {
  return reason
    .replace(/^device '\w+' is not there: /, '')
    .replace(/\/onnxruntime_src\/.*( was false\.\s+|\] (?=CU\w* failure))/, '')
    .replace(/ ; GPU=.*; \./, '.');
}

/** A sentence ends with a full stop and a space, and not in brackets. */
function firstSentence(text: string): [first: string, rest: string | undefined] {
  const end = text.search(/\.\s(?![^(]*\))/);
  return end < 0 ? [text, undefined] : [text.slice(0, end + 1), text.slice(end + 1).trim() || undefined];
}

/** A line per device, and under it what to do. */
export function describe(findings: readonly Finding[], machine: Machine): string {
  const { os, architecture, musl, nvidiaDriver } = machine;
  const facts = [
    `Node ${process.versions.node}`,
    `${os} ${architecture}${musl ? ' (musl)' : ''}`,
    nvidiaDriver && `NVIDIA driver ${nvidiaDriver}`,
  ];
  const margin = ' '.repeat(24);
  const lines = findings.flatMap(({ device, works, runtime, reason, advice }) => {
    const status = `${device.padEnd(8)}${(works ? 'works' : 'does not work').padEnd(16)}`;
    const what = works ? [runtime, reason].filter(Boolean).join('. ') : reason;
    return [`${status}${what}`, ...(advice === undefined ? [] : [`${margin}→ ${advice}`])];
  });
  return [facts.filter(Boolean).join(', '), ...lines].join('\n');
}
