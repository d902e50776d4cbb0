import { VaeError } from '../errors.js';
import type { Advice } from './answer.js';
import { download } from './download.js';
import { assertInside } from './file-name.js';
import type { ModelFolder } from './places.js';
import type { Send } from './send.js';
import type { TransferSettings } from './transfer.js';

/** A model's folder on a server: where it is and how to ask for its files. */
export interface Remote {
  /** Shown in errors. */
  readonly where: string;
  /** Ends with a slash. */
  readonly base: URL;
  readonly send: Send;
  readonly advice?: Advice;
}

/** A model folder on a server, of which nothing is kept. */
export function webFolder(remote: Remote, settings: TransferSettings): ModelFolder {
  const { where, base, send, advice } = remote;
  return {
    where,
    local: false,
    async read(name, expected, signal) {
      if (!expected.chosen) assertInside(name, where);
      // Without './' the name 'a:b.onnx' would be an address.
      const found = await download(new URL(`./${name}`, base), {
        file: name,
        expected,
        send,
        advice,
        settings,
        signal,
      });
      return found!.bytes;
    },
  };
}

/**
 * The folder that a URL names: itself, or the one its vae.json is in; query and fragment do not count.
 *
 * @throws VaeError "unsupported" for a URL that holds a password
 */
export function folderUrl(url: URL): URL {
  if (url.username || url.password) {
    throw new VaeError(
      'unsupported',
      `${url.host}: a URL with a user name or password is not fetched; pass a fetch that sends the header ` +
        'Authorization instead.',
    );
  }
  const base = new URL(url);
  if (base.pathname.endsWith('.json')) base.pathname = base.pathname.replace(/[^/]*$/, '');
  else if (!base.pathname.endsWith('/')) base.pathname += '/';
  base.search = '';
  base.hash = '';
  return base;
}
