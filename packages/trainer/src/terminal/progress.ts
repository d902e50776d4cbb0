/** The part of a stream that progress needs; `process.stderr` is one. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressOptions {
  /** Where to draw. Default: stderr. */
  readonly stream?: ProgressStream;
  /** The value of `done` that is 100 %; 0 when nobody knows, which leaves out bar, percent and time. */
  readonly total: number;
  /** A word or two in front of the bar. */
  readonly label: string;
  /** Work that was done before this process began, left out of the speed. Default: 0. */
  readonly startAt?: number;
  /** Least time between two lines where there is no terminal. Default: 5000. */
  readonly lineIntervalMs?: number;
  /** Clock in milliseconds, for tests. */
  readonly now?: () => number;
}

export interface Progress {
  /** Work done so far, and what to show beside the bar, most important first: `{ loss: '101.2' }`. */
  update(state: { done: number; fields?: Record<string, string> }): void;
  /** Prints a line that stays, above the bar. */
  line(text: string): void;
  /** Removes the bar. */
  finish(): void;
}

const redrawIntervalMs = 80;
const barWidth = 24;

/**
 * Progress on one line: a bar that redraws itself on a terminal, a plain line now and then elsewhere.
 *
 * @example
 * const progress = createProgress({ total: 1000, label: 'epoch 1' });
 * progress.update({ done: 250, fields: { loss: '160.3', 'samples/s': '5200' } });
 * progress.finish();
 */
export function createProgress(options: ProgressOptions): Progress {
  const { stream = process.stderr, now = Date.now, lineIntervalMs = 5000 } = options;
  const terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  const startMs = now();
  let shown = '';
  let drawnMs = Number.NEGATIVE_INFINITY;
  let printedMs = startMs;

  const draw = (text: string) => {
    if (terminal && text !== shown) stream.write(`\r${text}\x1b[K`);
    shown = text;
  };

  return {
    update({ done, fields = {} }) {
      const timeMs = now();
      const last = options.total > 0 && done >= options.total;
      if (terminal ? timeMs - drawnMs < redrawIntervalMs && !last : timeMs - printedMs < lineIntervalMs)
        return;
      const parts = describe(options, { done, fields, elapsedMs: timeMs - startMs });
      if (terminal) {
        drawnMs = timeMs;
        // The last column stays free: writing there makes some terminals wrap.
        draw(fit(parts, (stream.columns ?? 80) - 1));
      } else {
        printedMs = timeMs;
        stream.write(`${[parts.label, ...parts.rest].join('  ')}\n`);
      }
    },
    line(text) {
      const bar = shown;
      draw('');
      stream.write(`${text}\n`);
      draw(bar);
    },
    finish() {
      draw('');
    },
  };
}

interface Parts {
  readonly label: string;
  readonly bar: string;
  /** In order of importance; the end is dropped first where the line is short. */
  readonly rest: string[];
}

function describe(
  { total, label, startAt = 0 }: ProgressOptions,
  state: { done: number; fields: Record<string, string>; elapsedMs: number },
): Parts {
  const fields = Object.entries(state.fields).map(([name, value]) => `${name} ${value}`);
  if (total <= 0) return { label, bar: '', rest: fields };
  const fraction = Math.min(1, Math.max(0, state.done / total));
  const filled = Math.round(fraction * barWidth);
  const worked = state.done - startAt;
  const remainingMs = worked > 0 ? (state.elapsedMs / worked) * Math.max(0, total - state.done) : 0;
  return {
    label,
    bar: '█'.repeat(filled) + '░'.repeat(barWidth - filled),
    rest: [
      `${Math.floor(fraction * 100)}%`,
      ...(remainingMs === 0 ? [] : [`${formatDuration(remainingMs)} left`]),
      ...fields,
    ],
  };
}

/** As many parts as fit; the bar gives way before the numbers do. */
function fit({ label, bar, rest }: Parts, width: number): string {
  const length = (parts: string[]) => [...parts.join('  ')].length;
  const full = [label, bar, ...rest].filter((part) => part !== '');
  if (length(full) <= width) return full.join('  ');
  const parts = [label, ...rest];
  while (parts.length > 2 && length(parts) > width) parts.pop();
  return [...parts.join('  ')].slice(0, Math.max(0, width)).join('');
}

function formatDuration(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
