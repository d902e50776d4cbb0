import { reason, VaeError } from '../errors.js';
import type { ModelFolder } from './places.js';

/** A model folder behind a URL. `redirect: 'error'` keeps a server from pointing elsewhere. */
export function webFolder(url: URL, redirect: 'error' | 'follow'): ModelFolder {
  const base = new URL(url);
  if (base.pathname.endsWith('.json')) base.pathname = base.pathname.replace(/[^/]*$/, '');
  else if (!base.pathname.endsWith('/')) base.pathname += '/';
  base.search = '';
  base.hash = '';
  return {
    where: base.href,
    local: false,
    read: (name, size, signal) => {
      const file = new URL(name, base).href;
      return 'exactly' in size
        ? download(file, size.exactly, redirect, size.exactly, signal)
        : download(file, size.atMost, redirect, undefined, signal);
    },
  };
}

async function download(
  url: string,
  limit: number,
  redirect: 'error' | 'follow',
  exactly: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, { redirect, signal: signal ?? null });
  } catch (cause) {
    signal?.throwIfAborted();
    const hint = redirect === 'error' ? ' (redirects are not followed)' : '';
    throw new VaeError('not-found', `${url}: could not be fetched${hint}: ${reason(cause)}`, { cause });
  }
  if (!response.ok || !response.body) {
    throw new VaeError('not-found', `${url}: the server answered ${response.status} ${response.statusText}.`);
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > limit) {
      await reader.cancel();
      throw new VaeError('bad-model', `${url}: more than the ${limit} bytes expected.`);
    }
    parts.push(part.value);
  }
  if (exactly !== undefined && length !== exactly) {
    throw new VaeError('bad-model', `${url}: ${length} bytes, the manifest says ${exactly}.`);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
