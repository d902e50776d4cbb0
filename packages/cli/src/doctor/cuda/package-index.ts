import { createHash } from 'node:crypto';
import { UsageError } from '@vae/trainer/terminal';
import { isTheBuild, type OpenWheel, type WheelSource } from './source.js';
import type { Wheel } from './wheels.js';

const publicIndex = 'https://pypi.org/simple';

/** Nothing arrived for this long: the transfer is given up. */
const stallMs = 30_000;

/** A page of links is small; more than this is none. */
const mostPageBytes = 2 ** 26;

interface Link {
  readonly filename: string;
  readonly url: URL;
  readonly sha256: string | undefined;
}

export interface IndexOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly fetch?: typeof fetch;
}

/**
 * A package index read without any tool: the one that the user's settings for uv or pip name, else the public one.
 * Files are compared with the SHA-256 that the index gives.
 *
 * @see https://packaging.python.org/en/latest/specifications/simple-repository-api/
 */
export function packageIndex({
  env = process.env,
  fetch = globalThis.fetch,
}: IndexOptions = {}): WheelSource {
  const index = indexOf(env);
  const read = (url: URL, accept: string, signal: AbortSignal) => send({ fetch, index }, url, accept, signal);
  return {
    name: index.host,
    async *open(wheel, { onBytes }: OpenWheel) {
      const stop = new AbortController();
      const fail = () => stop.abort(new Error(`nothing arrived for ${stallMs / 1000} s`));
      let timer = setTimeout(fail, stallMs);
      try {
        const { url, sha256, filename } = await findLink(index, wheel, (page, accept) =>
          read(page, accept, stop.signal),
        );
        const hash = createHash('sha256');
        const response = await read(url, '*/*', stop.signal);
        let bytes = 0;
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          clearTimeout(timer);
          timer = setTimeout(fail, stallMs);
          hash.update(chunk);
          bytes += chunk.length;
          onBytes(bytes);
          yield chunk;
        }
        assertHash(hash.digest('hex'), sha256, filename);
      } catch (error) {
        throw refusal(stop.signal.aborted ? stop.signal.reason : error, wheel, index);
      } finally {
        clearTimeout(timer);
        // Ends a transfer that was given up half-way; does nothing to a finished one.
        stop.abort();
      }
    },
  };
}

function indexOf({ UV_DEFAULT_INDEX, UV_INDEX_URL, PIP_INDEX_URL }: NodeJS.ProcessEnv): URL {
  const text = UV_DEFAULT_INDEX || UV_INDEX_URL || PIP_INDEX_URL || publicIndex;
  if (!URL.canParse(text))
    throw new UsageError(`The package index "${text}" is no URL; see UV_INDEX_URL and PIP_INDEX_URL.`);
  return new URL(`${text.replace(/\/+$/, '')}/`);
}

interface Sender {
  readonly fetch: typeof fetch;
  readonly index: URL;
}

/** Credentials in the index's URL go to the index alone. */
async function send(
  { fetch, index }: Sender,
  url: URL,
  accept: string,
  signal: AbortSignal,
): Promise<Response> {
  const plain = new URL(url);
  plain.username = plain.password = plain.hash = '';
  const secret = `${decodeURIComponent(index.username)}:${decodeURIComponent(index.password)}`;
  const authorization = index.username !== '' && plain.origin === index.origin;
  const response = await fetch(plain, {
    signal,
    headers: {
      accept,
      ...(authorization && { authorization: `Basic ${Buffer.from(secret).toString('base64')}` }),
    },
  });
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status} from ${plain.href}`);
  return response;
}

type ReadPage = (url: URL, accept: string) => Promise<Response>;

async function findLink(
  index: URL,
  wheel: Wheel,
  read: ReadPage,
): Promise<Link & { readonly sha256: string }> {
  const page = new URL(`${wheel.project}/`, index);
  const response = await read(page, 'application/vnd.pypi.simple.v1+json, text/html;q=0.5');
  if (Number(response.headers.get('content-length')) > mostPageBytes)
    throw new Error(`${page.href} is no page of links`);
  const text = await response.text();
  const base = new URL(response.url || page);
  const isJson = response.headers.get('content-type')?.includes('json');
  const links = isJson ? linksOfJson(text, base) : linksOfHtml(text, base);
  const link = links.find(({ filename }) => isTheBuild(filename, wheel));
  if (!link) throw new Error(`${page.href} has no wheel of version ${wheel.version} for Linux on x64`);
  if (!link.sha256) throw new Error(`${page.href} gives no SHA-256 of ${link.filename}`);
  return { ...link, sha256: link.sha256 };
}

/** PEP 691. */
function linksOfJson(text: string, base: URL): Link[] {
  const { files = [] } = JSON.parse(text) as {
    files?: { filename: string; url: string; hashes?: { sha256?: string } }[];
  };
  return files.map(({ filename, url, hashes }) => ({
    filename,
    url: new URL(url, base),
    sha256: hashes?.sha256,
  }));
}

/** PEP 503: `<a href="…/name.whl#sha256=…">name.whl</a>`. */
function linksOfHtml(text: string, base: URL): Link[] {
  return [...text.matchAll(/<a\b[^>]*?\bhref\s*=\s*["']([^"']*)["'][^>]*>\s*([^<]*?)\s*<\/a>/gi)].map(
    ([, href, filename]) => {
      const url = new URL(href!.replaceAll('&amp;', '&'), base);
      return {
        filename: filename!,
        url,
        sha256: /^#sha256=([0-9a-f]{64})$/i.exec(url.hash)?.[1]?.toLowerCase(),
      };
    },
  );
}

function assertHash(found: string, expected: string, filename: string): void {
  if (found === expected.toLowerCase()) return;
  throw new Error(`${filename} has the SHA-256 ${found}, the index says ${expected}`);
}

function refusal(error: unknown, { project, version }: Wheel, index: URL): UsageError {
  const { cause, message } = error as Error;
  const reason = (cause as Error | undefined)?.message || message;
  return new UsageError(
    `${project} ${version} could not be downloaded from ${index.host}: ${reason}. Behind a proxy install Python's pip, ` +
      'which is used where it is there; another index is named by PIP_INDEX_URL.',
    { cause: error },
  );
}
