import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Standard error kept to explain a failure. */
const KEPT_CHARACTERS = 2000;
const END_LIMIT_SECONDS = 3;

/** A child process that speaks the protocol of `protocol.mjs`. */
export class Contender {
  #child;
  #waiting;
  #stderr = '';
  #gone = false;

  /** @param command a program, its `args` and variables to add to its environment, `env` */
  constructor({ program, args, env = {} }) {
    this.startedAt = performance.now();
    this.#child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
    this.#child.on('error', (error) => this.#fail(error.message));
    this.#child.on('exit', (code, signal) => this.#fail(`it ended (${signal ?? `exit code ${code}`})`));
    // Writing to a child that is gone; its exit tells why.
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_CHARACTERS);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(line));
  }

  /** Anything else on the line was printed by a library. */
  #receive(line) {
    if (!line.startsWith('{"ok":')) return;
    const { ok, error, ...answer } = JSON.parse(line);
    if (ok) this.#waiting?.resolve(answer);
    else this.#waiting?.reject(new Error(error));
  }

  #fail(reason) {
    this.#gone = true;
    const lines = this.#stderr.trim().split('\n');
    // Node ends a report with its own version, Python with the error.
    const last = lines.findLast((line) => /\w*Error\b/.test(line)) ?? lines.at(-1);
    this.#waiting?.reject(new Error(last ? `${reason}: ${last}` : reason));
  }

  /**
   * Asks and waits for the answer.
   *
   * @throws Error when the child says what went wrong, ends, or does not answer in time
   */
  async ask(request, limitSeconds) {
    if (this.#gone) throw new Error(`it had ended before "${request.do}"`);
    const answer = new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const timer = setTimeout(() => {
      this.#waiting.reject(new Error(`no answer to "${request.do}" in ${limitSeconds} s`));
      this.#child.kill('SIGKILL');
    }, 1000 * limitSeconds);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  /** Ends the process: by the end of its input, or else by force. */
  async end() {
    if (this.#gone) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 1000 * END_LIMIT_SECONDS);
    await gone;
    clearTimeout(timer);
  }
}
