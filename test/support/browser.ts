import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, extname, join, resolve, sep } from 'node:path';
import { type Browser, type BrowserContext, type Page, chromium as playwright } from 'playwright-core';

/** A Chromium or Chrome to test in; tests that need one are skipped by name where there is none. */
export const chromium = findChromium();

export interface ServeOptions {
  /** Folders by the path they are served under: `{ '/models': 'models' }`. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Files that exist only here, by path. Without one at '/', that is an empty page. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Sent with everything, such as `crossOriginIsolation`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a page needs to have SharedArrayBuffer, and so threads in WebAssembly. */
export const crossOriginIsolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export interface PageServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

const mimeTypes: Readonly<Record<string, string>> = {
  '': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves folders and files on a free port of the loopback address. */
export async function servePages(options: ServeOptions = {}): Promise<PageServer> {
  const { folders = {}, files = {}, headers = {} } = options;
  const virtual: Record<string, string | Uint8Array> = {
    '/': '<!doctype html><meta charset="utf-8"><title>test</title>',
    '/favicon.ico': '',
    ...files,
  };
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname);
    requests.push(path);
    const body = virtual[path] ?? (await fromFolders(path, folders));
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    const type = mimeTypes[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** Starts the browser, with nothing of it reaching outside. */
export function launch(args: readonly string[] = []): Promise<Browser> {
  if (!chromium) throw new Error('No Chromium found; set VAE_TEST_CHROMIUM to one, or skip the test.');
  const quiet = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return playwright.launch({ executablePath: chromium, headless: true, args: [...quiet, ...args] });
}

/** Opens a page; `problems` collects its console errors, uncaught errors and failed requests. */
export async function openPage(browser: Browser | BrowserContext, url: string) {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // Chromium says "aborted" of bodies that a page has streamed to their end too.
    if (why !== 'net::ERR_ABORTED') problems.push(`request: ${request.url()} ${why}`);
  });
  await page.goto(url);
  return { page, problems };
}

export interface PageOptions extends ServeOptions {
  /** What to open; '/' when left out. */
  readonly path?: string;
  /** Further arguments of the browser. */
  readonly args?: readonly string[];
}

export interface OpenedPage {
  readonly server: PageServer;
  readonly browser: Browser;
  /** See `openPage`; empty it where errors are expected. */
  readonly problems: string[];
}

/**
 * Runs `work` on a page of its own server in its own browser and closes all three. Errors on the page that are left
 * in `problems` are a failure.
 *
 * @example await withPage((page) => page.evaluate('document.title'), { files: { '/': '<title>a</title>' } })
 */
export async function withPage<Result>(
  work: (page: Page, opened: OpenedPage) => Promise<Result>,
  { path = '/', args, ...serve }: PageOptions = {},
): Promise<Result> {
  const server = await servePages(serve);
  let browser: Browser | undefined;
  try {
    browser = await launch(args);
    const { page, problems } = await openPage(browser, server.url + path);
    const result = await work(page, { server, browser, problems }).catch((error: Error) => {
      error.message = [error.message, ...problems].join('\n');
      throw error;
    });
    if (problems.length > 0) throw new Error(`The page had errors:\n${problems.join('\n')}`);
    return result;
  } finally {
    await browser?.close();
    await server.close();
  }
}

async function fromFolders(path: string, folders: Readonly<Record<string, string>>) {
  for (const [prefix, folder] of Object.entries(folders)) {
    if (prefix !== '/' && path !== prefix && !path.startsWith(`${prefix}/`)) continue;
    const file = resolve(folder, `.${path.slice(prefix === '/' ? 0 : prefix.length)}`);
    if (!file.startsWith(resolve(folder) + sep)) continue;
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes) return bytes;
  }
  return undefined;
}

function findChromium(): string | undefined {
  const chosen = process.env.VAE_TEST_CHROMIUM;
  if (chosen) return chosen;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}
