/**
 * Every error a user of the trainer can cause. The text says where, what was expected, what came and what to
 * do; `code` is stable and meant for programs. `bad-file` is a file or folder that cannot be read or written, or is damaged.
 *
 * Codes: `bad-option`, `bad-recipe`, `bad-data`, `bad-shape`, `bad-file`, `newer-file`, `download-failed`, `run-exists`,
 * `run-lost`, `not-a-number`, `not-saved`, `engine-failed`, `export-mismatch`, `export-failed`, `setup-failed`,
 * `callback-failed`.
 *
 * @example
 * try { await train(recipe) } catch (error) { if (error instanceof TrainerError) console.error(error.message) }
 */
export class TrainerError extends Error {
  override readonly name = 'TrainerError';
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
