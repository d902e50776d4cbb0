import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TrainerError } from '../errors.js';
import type { RunFolder } from './folder.js';
import { POLICY } from './report/page.js';
import { renderReport } from './report/report.js';

const HOST = '127.0.0.1';
/** More readers than this are turned away. */
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;
/** A page is made anew no more often than this, however many ask. */
const FRESH_MS = 1000;

export interface WatchOptions {
  /** 0 for any that is free. */
  readonly port: number;
  readonly refreshSeconds: number;
}

export interface WatchServer {
  /** `http://127.0.0.1:6007/` */
  readonly url: string;
  close(): Promise<void>;
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': `${POLICY}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

function send(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  const body = Buffer.from(text);
  response
    .writeHead(status, {
      ...HEADERS,
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': body.length,
    })
    .end(body);
}

/** One page for all who ask within a second. */
class FreshPage {
  private made = Number.NEGATIVE_INFINITY;
  private text: Promise<string> | undefined;

  constructor(private readonly make: () => Promise<string>) {}

  get(): Promise<string> {
    if (this.text && performance.now() - this.made < FRESH_MS) return this.text;
    const text = this.make();
    this.made = Number.POSITIVE_INFINITY;
    this.text = text;
    const done = () => {
      this.made = performance.now();
    };
    text.then(done, done);
    return text;
  }
}

/** A page of another site must not read this one under a name that it has pointed here. */
const isOurs = (host: string | undefined): boolean => /^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(host ?? '');

async function answer(request: IncomingMessage, response: ServerResponse, page: FreshPage): Promise<void> {
  if (!isOurs(request.headers.host)) return send(response, 421, 'This server answers to 127.0.0.1 only.\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return send(response, 405, 'Only GET and HEAD.\n');
  }
  // Nothing in a request ever names a file.
  if (request.url !== '/') return send(response, 404, 'The report is at /.\n');
  try {
    send(response, 200, await page.get(), 'text/html');
  } catch (error) {
    send(response, 500, `The report cannot be made: ${(error as Error).message}\n`);
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.code})`;
      const what = `--port ${port} ${why}; choose another, or 0 for any that is free.`;
      reject(new TrainerError('bad-option', what, { cause: error }));
    });
    server.listen(port, HOST, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Serves the report of a run as it stands now, on this machine alone: also of one that is under way. While it is, the
 * page loads itself again.
 *
 * @throws TrainerError "bad-option" for a port that cannot be used
 * @example const { url, close } = await watchRun(new RunFolder('runs/first'), { port: 6007, refreshSeconds: 5 });
 */
export async function watchRun(
  folder: RunFolder,
  { port, refreshSeconds }: WatchOptions,
): Promise<WatchServer> {
  const page = new FreshPage(() => renderReport(folder, { refreshSeconds }));
  const server = createServer(
    {
      // How often the limits below are looked after.
      connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 4,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      maxHeaderSize: 8192,
    },
    (request, response) => void answer(request, response, page),
  );
  server.maxConnections = MAX_CONNECTIONS;
  const chosen = await listen(server, port);
  return {
    url: `http://${HOST}:${chosen}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
