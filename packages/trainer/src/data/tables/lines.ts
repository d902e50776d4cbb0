import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { TrainerError } from '../../errors.js';
import { fileError } from '../../files/file-error.js';
import { OpenFile } from './file-rows.js';

/** The longest line that is read. */
const MAX_LINE_BYTES = 2 ** 24;
const LINE_FEED = 10;

/**
 * The lines of a text file in UTF-8, without their ends, `\n` or `\r\n`, and without a byte order mark.
 *
 * @throws TrainerError "bad-file" for a file that cannot be read, "bad-data" naming a line that is too long or not UTF-8
 */
export async function* linesOf(path: string, signal?: AbortSignal): AsyncGenerator<string> {
  const file = await OpenFile.open(path);
  const source = createReadStream(path, { highWaterMark: 2 ** 18, signal });
  let parts: Uint8Array[] = [];
  let held = 0;
  let line = 1;
  const take = (): string => {
    const bytes = Buffer.concat(parts);
    if (!isUtf8(bytes)) {
      throw new TrainerError('bad-data', `${path}: line ${line} is not UTF-8; save the file as UTF-8.`);
    }
    const text = bytes.toString('utf8');
    parts = [];
    held = 0;
    return (line++ === 1 ? text.replace(/^\ufeff/, '') : text).replace(/\r$/, '');
  };
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
        parts.push(chunk.subarray(from, end));
        from = end + 1;
        yield take();
      }
      parts.push(chunk.subarray(from));
      held += chunk.length - from;
      if (held > MAX_LINE_BYTES) {
        throw new TrainerError('bad-data', `${path}: line ${line} is longer than ${MAX_LINE_BYTES} bytes.`);
      }
    }
    await file.requireUnchanged();
    if (held > 0) yield take();
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(error, 'read', path);
  } finally {
    await file.close();
  }
}
