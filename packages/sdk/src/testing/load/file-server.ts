import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

export interface FileServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** What was asked for, in order. */
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

export type Listener = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** An HTTP server on this machine; `nth` counts the requests from 1. */
export async function fileServer(listener: Listener): Promise<FileServer> {
  const requests: FileServer['requests'] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url!, headers: request.headers });
    listener(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Gives what starts servers, each of which is closed after its test. */
export function fileServers() {
  const open: FileServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  return async (listener: Listener): Promise<FileServer> => {
    const server = await fileServer(listener);
    open.push(server);
    return server;
  };
}

export interface ServedFile {
  readonly bytes: Uint8Array;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Only so many bytes of the answer leave the server before it closes the connection. */
  readonly cutAfter?: number;
  /** Ranges are not supported. */
  readonly wholeOnly?: boolean;
}

/** Answers as RFC 9110 asks for, with conditions and ranges. */
export function serveFile(request: IncomingMessage, response: ServerResponse, file: ServedFile): void {
  const { bytes, etag, lastModified, wholeOnly = false } = file;
  const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
  if (etag) response.setHeader('etag', etag);
  if (lastModified) response.setHeader('last-modified', lastModified);
  if (etag && ifNoneMatch === etag) {
    response.writeHead(304).end();
    return;
  }
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]);
  const same = ifRange === undefined || ifRange === etag || ifRange === lastModified;
  if (wholeOnly || Number.isNaN(start) || !same) {
    response.writeHead(200, { 'content-length': bytes.length });
    send(response, bytes, file.cutAfter);
  } else if (start >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  } else {
    response.writeHead(206, {
      'content-length': bytes.length - start,
      'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    });
    send(response, bytes.subarray(start), file.cutAfter);
  }
}

function send(response: ServerResponse, bytes: Uint8Array, cutAfter = Number.POSITIVE_INFINITY): void {
  if (cutAfter >= bytes.length) response.end(bytes);
  // What is still in the socket when it is destroyed is lost.
  else response.write(bytes.subarray(0, cutAfter), () => setTimeout(() => response.socket?.destroy(), 20));
}

/** Bytes without a pattern that a wrong offset would hide: the upper bytes of multiples of an odd number. */
export function testBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
}
