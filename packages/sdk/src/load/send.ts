import { VaeError } from '../errors.js';

/** Asks a server for a file. Rejects with what `fetch` rejects with, or with a VaeError for a redirect it refuses. */
export type Send = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Response>;

export interface SendRules {
  readonly fetch: typeof globalThis.fetch;
  /** Whether a redirect to that address may be followed; without it none is. */
  readonly mayFollow?: (to: URL) => boolean;
  /** Sent to the host of the first address only. */
  readonly token?: string;
}

const mostRedirects = 5;

/**
 * For runtimes that show redirects, so not for browsers. Redirects are followed here instead of by `fetch`, because a
 * server may point to an address inside the caller's own network, or to an unencrypted one.
 */
export function sender({ fetch, mayFollow = () => false, token }: SendRules): Send {
  return async (url, headers, signal) => {
    let at = url;
    for (let redirects = 0; ; redirects++) {
      // Weights do not shrink, and ranges only mean something without packing.
      const sent: Record<string, string> = { ...headers, 'accept-encoding': 'identity' };
      if (token !== undefined && at.origin === url.origin) sent.authorization = `Bearer ${token}`;
      const response = await fetch(at, { headers: sent, redirect: 'manual', signal });
      const to = redirectOf(response, at);
      if (!to) return response;
      await response.body?.cancel();
      if (redirects === mostRedirects || !mayFollow(to)) throw refusal(url, to, redirects);
      at = to;
    }
  };
}

/**
 * For browsers. A page that sends other than simple headers to another host makes the browser ask that host first,
 * and content delivery networks tend to refuse, so conditions are left to the comparison of the answer's ETag.
 */
export function pageSender({ fetch, token }: Pick<SendRules, 'fetch' | 'token'>): Send {
  return (url, { range }, signal) => {
    const headers: Record<string, string> = {};
    if (range !== undefined) headers.range = range;
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    // Half a model from the browser's own cache and half of a newer one would not fit together.
    return fetch(url, { headers, cache: 'no-cache', signal }).catch(async (thrown: unknown) => {
      const { unanswered } = await import('./refusals.js').catch(() => {
        throw thrown;
      });
      throw unanswered(thrown, url);
    });
  };
}

function redirectOf(response: Response, at: URL): URL | undefined {
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return undefined;
  return URL.canParse(location, at.href) ? new URL(location, at.href) : new URL('invalid:');
}

function refusal(from: URL, to: URL, redirects: number): VaeError {
  // What follows the path may be a signature that lets anyone in.
  const target = `${to.protocol}//${to.host}${to.pathname}`;
  const text =
    redirects === mostRedirects
      ? `more than ${mostRedirects} redirects`
      : `the server redirects to ${target}, which is not followed; ${insteadOf(from)}`;
  return new VaeError('download-failed', `${from.href}: ${text}.`);
}

/** Where a redirect leads to may hold for minutes only, so that its target is no address to load from. */
function insteadOf({ host, pathname }: URL): string {
  const file = /^\/([^/]+\/[^/]+)\/(?:resolve|blob)\/([^/]+)\/(.+)/.exec(pathname);
  if (host === 'huggingface.co' && file) return `load hf:${file[1]}@${file[2]}/${file[3]}`;
  return "if you trust it, pass fetch: (url, init) => fetch(url, { ...init, redirect: 'follow' })";
}

/** True for names of this very machine, which need no encryption. */
export function isLoopback(url: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
