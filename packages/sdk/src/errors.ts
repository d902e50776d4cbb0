/**
 * Stable, machine-readable reasons of a `VaeError`.
 *
 * - `bad-input`: an array has the wrong shape, range or a NaN
 * - `bad-option`: an option has a value outside its rule
 * - `bad-manifest`: a `vae.json` is not valid
 * - `bad-model`: a model file has the wrong size or checksum, is no plain file, or disagrees with its manifest
 * - `bad-file`: a picture or array file cannot be read
 * - `not-found`: no model, file or bundled name at that place
 * - `download-failed`: the network or the server failed, or fell silent
 * - `no-device`: the requested device or runtime is not there
 * - `unsupported`: the model is valid, but this version or platform cannot do that with it
 * - `not-finite`: the model gave NaN or infinity for this input
 * - `runtime-failed`: ONNX Runtime itself failed; `cause` holds its error
 * - `disposed`: the model was used after `dispose`
 */
export const errorCodes = [
  'bad-input',
  'bad-option',
  'bad-manifest',
  'bad-model',
  'bad-file',
  'not-found',
  'download-failed',
  'no-device',
  'unsupported',
  'not-finite',
  'runtime-failed',
  'disposed',
] as const;

export type VaeErrorCode = (typeof errorCodes)[number];

const marker = Symbol.for('@vae/sdk/VaeError');

/**
 * The one error class of the SDK. The text says where, what was expected, what came and what to do.
 *
 * @example
 * try { await VAE.load('nowhere') } catch (error) { if (isVaeError(error)) console.error(error.code, error.message) }
 */
export class VaeError extends Error {
  // Set below: a field with a value costs the class its own name in the CommonJS build.
  declare readonly name: 'VaeError';
  readonly code: VaeErrorCode;

  constructor(code: VaeErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'VaeError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }
}

/** True for a `VaeError`, also one of another copy of this package or another frame (where `instanceof` is false). */
export function isVaeError(value: unknown): value is VaeError {
  return (Object(value) as { [marker]?: unknown })[marker] === true;
}

/** Text of anything that was thrown. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
