import type { Writable } from 'node:stream';
import type { Command } from 'commander';
import { systemReason } from '../files/system-reason.js';
import { oneLine } from '../text/one-line.js';
import { answer, expectAnswer, isAnswered } from './answered.js';

/** Where a command writes: results to `stdout`, everything else to `stderr`. */
export interface Streams {
  readonly stdout: Writable;
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
}

/** A mistake on the command line. The message is one line that names the word and says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

const userErrorNames = new Set(['VaeError', 'TrainerError', 'UsageError']);
const closedPipeCodes = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

/**
 * Runs a command and turns what it throws into an exit code: 0 fine, 1 our fault (stack on stderr),
 * 2 the user's (exactly one line on stderr). A reader that closes stdout early is no error; a stdout or stderr that
 * takes no more for another reason, such as a full disk, is the user's.
 *
 * User errors are commander's and those named VaeError, TrainerError or UsageError with a text `code`.
 *
 * @param options.json what fails also gives an object on stdout, `{ "error": { "code", "message" } }`, unless the result
 *   stands there already
 * @example process.exitCode = await runCommand(() => train(argv));
 */
export async function runCommand(
  run: () => void | Promise<void>,
  streams: Streams = process,
  { json = false } = {},
): Promise<0 | 1 | 2> {
  for (const stream of [streams.stdout, streams.stderr]) watch(stream);
  expectAnswer(streams.stdout);
  const { code, error } = await attempt(run, streams);
  if (json && error && !isAnswered(streams.stdout)) answer(streams.stdout, { error });
  // Streams tell what failed a moment after the write.
  await new Promise(setImmediate);
  const [stdout, stderr] = [takeFailure(streams.stdout), takeFailure(streams.stderr)];
  if (stdout !== undefined) {
    streams.stderr.write(`Cannot write to stdout: ${systemReason(stdout) ?? oneLine(stdout.message)}.\n`);
  }
  return code === 0 && (stdout ?? stderr) !== undefined ? 2 : code;
}

/** What a program is told of a failure. */
interface Failure {
  /** That of the error; "usage" for the command line, "internal" for our fault. */
  readonly code: string;
  readonly message: string;
}

async function attempt(
  run: () => void | Promise<void>,
  { stderr }: Streams,
): Promise<{ code: 0 | 1 | 2; error?: Failure }> {
  try {
    await run();
    return { code: 0 };
  } catch (error) {
    if (isCommanderError(error)) {
      // Help and version arrive as errors too; commander has printed them already.
      if (error.exitCode === 0) return { code: 0 };
      const message = `${oneLine(error.message.replace(/^error: |\.$/g, ''))}; see --help.`;
      stderr.write(`${message}\n`);
      return { code: 2, error: { code: 'usage', message } };
    }
    if (isUserError(error)) {
      const message = oneLine(error.message);
      stderr.write(`${message}\n`);
      return { code: 2, error: { code: error.code, message } };
    }
    stderr.write(`${describe(error)}\n`);
    const message = oneLine(error instanceof Error ? error.message : String(error));
    return { code: 1, error: { code: 'internal', message } };
  }
}

/** Whether a command line asks for JSON; words behind `--` are no options. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}

/** Makes commander throw instead of exit, and leave the printing of errors to `runCommand`. */
export function quietCommander(program: Command, { stdout, stderr }: Streams = process): Command {
  return program.exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    outputError: () => {},
  });
}

function isCommanderError(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && /^commander\./.test(String((error as { code?: unknown }).code));
}

// By name, not by class: two copies of a package may be installed, and the SDK is not loaded for this.
function isUserError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error &&
    userErrorNames.has(error.name) &&
    typeof (error as { code?: unknown }).code === 'string'
  );
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `Unexpected error: ${String(error)}`;
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${describe(error.cause)}`;
}

/** What went wrong with a stream, other than a reader that is gone; undefined while nothing did. */
const failures = new WeakMap<Writable, Error | undefined>();

function watch(stream: Writable): void {
  if (failures.has(stream)) return;
  failures.set(stream, undefined);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!closedPipeCodes.has(error.code ?? '')) failures.set(stream, error);
  });
}

/** The failure, once: a command inside a command reports it, and the outer one does not again. */
function takeFailure(stream: Writable): Error | undefined {
  const failure = failures.get(stream);
  failures.set(stream, undefined);
  return failure;
}
