/** `absent`: not there, or not tried because what it needs is not there. */
export type Verdict = 'pass' | 'fail' | 'absent';

/** What one check saw. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, in one line. */
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
  /** Of a check that measures speed. */
  readonly samplesPerSecond?: number;
  /** Versions that the check came across, by name. */
  readonly versions?: Readonly<Record<string, string>>;
}

export interface CheckOptions {
  /** Data set of the training steps; see `openDataset`. */
  readonly data: string;
  /** Training steps that are compared. */
  readonly steps: number;
  /** Time that each row of the speed table takes, after warming up; 0 leaves the table out. */
  readonly seconds: number;
  /** A Python that has PyTorch. */
  readonly python?: string;
}

/** What is not there, thrown from inside a check. */
export class Absent extends Error {
  constructor(
    message: string,
    readonly advice?: string,
  ) {
    super(message);
  }
}

export const passed = (detail: string, more: Partial<Finding> = {}): Finding => ({
  verdict: 'pass',
  detail,
  ...more,
});

export const failed = (detail: string, advice?: string): Finding => ({ verdict: 'fail', detail, advice });

/** Ends in "X. Do this and that." what an error's text has as "X. Do this and that." */
export function splitAdvice(text: string): { detail: string; advice?: string } {
  const [detail, ...rest] = text.replace(/\.$/, '').split(/\. (?=[A-Z])/);
  return rest.length === 0 ? { detail } : { detail, advice: rest.join('. ') };
}
