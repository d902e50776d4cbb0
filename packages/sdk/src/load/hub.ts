import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { shownPath } from '../shown.js';
import { isPlainFileName } from './file-name.js';
import { isLoopback, type Send } from './send.js';
import type { HubOptions } from './transfer.js';
import type { Remote } from './web-folder.js';

/** A Hugging Face Hub, or a mirror of it. */
export interface Hub {
  /** Ends with a slash. */
  readonly endpoint: URL;
  readonly token: string | undefined;
}

/** A model in a repository of the Hub. */
export interface HubModel extends Remote {
  /** The revision is a commit, so nothing there ever changes. */
  readonly immutable: boolean;
  /** Names of nested folders, for a cache. */
  readonly place: readonly string[];
}

const defaultEndpoint = 'https://huggingface.co';

/**
 * The Hub that the options name.
 *
 * @param preset what the surroundings say; its token is for its own endpoint and for no other
 * @throws VaeError "bad-option" for an endpoint that is no https: URL, and for a token that no header can hold
 */
export function hubOf(given?: HubOptions, preset: HubOptions = {}): Hub {
  const options = optionsOf(given, 'VAE.load hub');
  const text = options.endpoint ?? (preset.endpoint || defaultEndpoint);
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const safe = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)));
  if (!safe || url.username || url.password || url.search || url.hash) {
    throw new VaeError(
      'bad-option',
      'VAE.load: hub.endpoint is not usable, expected an https: URL such as https://huggingface.co, without ' +
        'password, query and fragment.',
    );
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const token = options.token ?? (options.endpoint === undefined ? preset.token : undefined);
  return { endpoint: url, token: plainToken(token) };
}

/** What no header can hold is refused, because `fetch` would show it in its error. The token itself is never shown. */
function plainToken(token: unknown): string | undefined {
  const plain = String(token ?? '').trim();
  if (plain === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(plain)) return plain;
  throw new VaeError(
    'bad-option',
    'VAE.load: the token of the Hub (hub.token, HF_TOKEN) is not usable, expected printable characters without spaces.',
  );
}

/** Where the Hub may send a download: to encrypted servers, and from this machine to this machine. */
export function hubMayFollow({ endpoint }: Hub): (to: URL) => boolean {
  return (to) =>
    to.protocol === 'https:' || (isLoopback(endpoint) && to.protocol === 'http:' && isLoopback(to));
}

export function isHubSource(source: string | URL): boolean {
  return /^hf:/i.test(String(source));
}

/** How the model is written whose page in a browser has this address; undefined for other addresses. */
export function hubNameOf({ host, pathname }: URL): string | undefined {
  const page = /^\/([^/]+\/[^/]+?)(?:\/(?:tree|blob)\/([^/]+)(\/.*?)?)?\/?$/.exec(pathname);
  if (host !== 'huggingface.co' || !page || /^(datasets|spaces|api|docs|papers|collections)\//.test(page[1]!))
    return undefined;
  const [, name, revision, inside = ''] = page;
  return `hf:${name}${revision === undefined ? '' : `@${revision}${inside}`}`;
}

/**
 * The folder that a source such as 'hf:owner/name@revision/folder' names; revision 'main' where none is given. A slash
 * inside a revision is written '%2F'.
 *
 * @throws VaeError "bad-option" where it is written otherwise
 */
export function hubModel(source: string | URL, hub: Hub, send: Send): HubModel {
  const where = String(source);
  const { owner, name, revision, folder } = parse(where);
  const path = [owner, name, 'resolve', encodeURIComponent(revision), ...folder, ''].join('/');
  return {
    where,
    base: new URL(path, hub.endpoint),
    send,
    advice: (response) => advise(response, revision, hub.token !== undefined),
    immutable: /^[0-9a-f]{40}$/.test(revision),
    place: [
      'hub',
      encodeURIComponent(hub.endpoint.host),
      // The Hub forbids '--' inside names.
      `${owner}--${name}`,
      encodeURIComponent(revision),
      ...folder,
    ],
  };
}

function parse(source: string) {
  const match = /^hf:(?:\/\/)?([^/@]+)\/([^/@]+)(?:@([^/]+))?((?:\/[^/]+)*)\/?$/i.exec(source);
  if (!match) throw notation(source, 'it does not have that form');
  const [, owner, name, written = 'main', rest] = match as unknown as [
    string,
    string,
    string,
    string?,
    string?,
  ];
  for (const part of [owner, name]) {
    if (!isRepositoryName(part)) throw notation(source, `'${shownPath(part)}' is no name of the Hub`);
  }
  const revision = written.replace(/%2f/gi, '/');
  if (!isRevision(revision)) throw notation(source, `'${shownPath(written)}' is no branch, tag or commit`);
  const folder = (rest ?? '').split('/').slice(1);
  if (folder.at(-1)?.endsWith('.json')) folder.pop();
  const odd = folder.find((part) => !isPlainFileName(part));
  if (odd !== undefined || folder.length > 8)
    throw notation(source, `'${shownPath(odd ?? rest ?? '')}' is no plain folder`);
  return { owner, name, revision, folder };
}

/** The Hub's own rules. */
function isRepositoryName(name: string): boolean {
  return /^[\w.-]{1,96}$/.test(name) && !/^[.-]|[.-]$|--|\.\.|\.git$/.test(name);
}

function isRevision(revision: string): boolean {
  return /^[\w./-]{1,200}$/.test(revision) && !/^[./-]|[./]$|\.\.|\/\/|\/\./.test(revision);
}

function notation(source: string, why: string): VaeError {
  return new VaeError(
    'bad-option',
    `VAE.load: '${source.slice(0, 300)}': ${why}; expected hf:owner/name, hf:owner/name@revision or ` +
      'hf:owner/name@revision/folder.',
  );
}

function advise(response: Response, revision: string, hasToken: boolean): string | undefined {
  const { status, headers } = response;
  if (status === 401 || status === 403) {
    return hasToken
      ? 'the token gives no access: the repository is private, or gated and its terms are not accepted yet, or it does not exist'
      : 'the repository is private or gated, or does not exist; for a private or gated one pass hub.token (or set HF_TOKEN in Node)';
  }
  if (status !== 404) return undefined;
  const missing = headers.get('x-error-code');
  if (missing === 'RepoNotFound') return 'there is no such repository, or no access to it';
  if (missing === 'RevisionNotFound') return `the repository has no revision '${revision}'`;
  return missing === 'EntryNotFound' ? 'the repository has no such file' : undefined;
}
