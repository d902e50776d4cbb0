import { expect } from 'vitest';
import { type DownloadOptions, download } from '../../load/download.js';
import type { Expected } from '../../load/places.js';
import { sender } from '../../load/send.js';
import type { TransferProgress } from '../../load/transfer.js';
import { type FileServer, testBytes } from './file-server.js';

export const bytes = testBytes(200_000);
export const etag = '"v1"';
const whole: Expected = { exactly: bytes.length };

export interface Overrides extends Partial<DownloadOptions> {
  readonly timeout?: number;
  readonly maxBytes?: number;
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** Downloads a file that is expected to have the size of `bytes`. */
export function fetchFile(
  server: FileServer,
  { timeout = 5_000, maxBytes = 2 ** 31 - 1, onProgress, ...options }: Overrides = {},
) {
  return download(new URL(`${server.url}/model.onnx`), {
    file: 'model.onnx',
    expected: whole,
    send: sender({ fetch }),
    settings: { timeout, maxBytes, onProgress },
    pauseMs: 1,
    ...options,
  });
}

/** The error that the same download ends with. */
export const failure = (server: FileServer, options?: Overrides) =>
  fetchFile(server, options).then(
    () => expect.unreachable('the download was expected to fail'),
    (error: { code: string; message: string }) => error,
  );

/** Compares many bytes faster than `toEqual` does. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(actual, expected)).toBe(0);
}
