import { VaeError } from '../errors.js';

/** The cause of an error when a server answered, but with a status that means no. */
export class BadStatus extends Error {
  readonly status: number;
  readonly header: (name: string) => string | null;

  constructor({ status, statusText, headers }: Response) {
    super(`${status} ${statusText}`.trim());
    this.status = status;
    this.header = (name) => headers.get(name);
  }

  /** Asking again may help. */
  get temporary(): boolean {
    return this.status >= 500 || this.status === 408 || this.status === 429;
  }
}

/** What an answer that means no means at this place, and what to do. */
export type Advice = (response: Response) => string | undefined;

/** @throws VaeError "not-found" for 404 and 410, BadStatus for what may pass, else VaeError "download-failed" */
export function assertAnswer(response: Response, url: URL, advice: Advice): void {
  if (response.ok && response.body) return;
  const cause = new BadStatus(response);
  if (cause.temporary) throw cause;
  const hint = advice(response);
  const code = response.status === 404 || response.status === 410 ? 'not-found' : 'download-failed';
  throw new VaeError(code, `${url.href}: the server answered ${cause.message}${hint ? `; ${hint}` : ''}.`, {
    cause,
  });
}

/** The cause of an error when a server sent a web page instead of a file. */
export class WebPage extends Error {}

/**
 * Servers of single-page applications and sign-in pages answer with a page and the status 200. No JSON text and no
 * ONNX file begins like one.
 *
 * @param chunk the first bytes that arrived
 * @throws VaeError "not-found" with `WebPage`
 */
export async function assertNoPage(chunk: Uint8Array, url: URL): Promise<void> {
  const start = new TextDecoder().decode(chunk.subarray(0, 64)).trimStart();
  if (!/^<(!doctype html|html|head|body)\b/i.test(start)) return;
  const { pageInstead } = await import('./refusals.js');
  throw new VaeError('not-found', `${url.href}: ${pageInstead}.`, { cause: new WebPage('HTML') });
}

/** What tells one version of a file from another: its ETag, else its date. */
export function validatorOf(response: Response): string | undefined {
  return response.headers.get('etag') ?? response.headers.get('last-modified') ?? undefined;
}

/** Weak validators stand for the same meaning, not for the same bytes. */
export function isStrong(validator: string | undefined): validator is string {
  return validator !== undefined && !validator.startsWith('W/');
}

/** Headers that ask for a file only if it is another version. */
export function unless(validator: string): Record<string, string> {
  return /^(W\/)?"/.test(validator) ? { 'if-none-match': validator } : { 'if-modified-since': validator };
}

export function isSame(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.replace(/^W\//, '') === b.replace(/^W\//, '');
}
