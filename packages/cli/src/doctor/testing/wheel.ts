import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { strToU8, zipSync } from 'fflate';
import type { Wheel } from '../cuda/wheels.js';

/** A wheel of a few bytes, as pip takes it. Not published. */
export interface TinyWheel extends Wheel {
  readonly filename: string;
  readonly bytes: Uint8Array;
}

/** The contents of a library in a tiny wheel; deflate halves it, about. */
export const contentOf = (library: string, version: string): string =>
  Array.from({ length: 500 }, (_, line) => `${library} ${version} ${line ** 3}\n`).join('');

export function tinyWheel(project: string, version: string, libraries: readonly string[]): TinyWheel {
  const name = project.replaceAll('-', '_');
  const info = `${name}-${version}.dist-info`;
  const bytes = zipSync({
    [`${name}/other.so`]: strToU8('not wanted '.repeat(1000)),
    ...Object.fromEntries(
      libraries.map((library) => [`${name}/lib/${library}`, strToU8(contentOf(library, version))]),
    ),
    [`${info}/METADATA`]: strToU8(`Metadata-Version: 2.1\nName: ${project}\nVersion: ${version}\n`),
    [`${info}/WHEEL`]: strToU8(
      'Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-manylinux2014_x86_64\n',
    ),
    [`${info}/RECORD`]: strToU8(''),
  });
  return {
    project,
    version,
    libraries,
    bytes,
    filename: `${name}-${version}-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl`,
    downloadBytes: bytes.length,
    unpackedBytes: libraries.reduce((sum, library) => sum + contentOf(library, version).length, 0),
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface IndexServer {
  readonly url: string;
  /** Paths that were asked for, with the user's name where one was given. */
  readonly requests: string[];
  close(): Promise<void>;
}

export interface IndexServerOptions {
  /** PEP 503 (HTML, default) or PEP 691 (JSON). */
  readonly form?: 'html' | 'json';
  /** What is sent in place of a file's bytes; its checksum stays that of the file. */
  readonly sent?: (wheel: TinyWheel) => Uint8Array;
}

/** A package index on this machine. */
export async function startIndex(
  wheels: readonly TinyWheel[],
  { form = 'html', sent = (wheel) => wheel.bytes }: IndexServerOptions = {},
): Promise<IndexServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const secret = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
    requests.push(`${secret && `${secret}@`}${request.url}`);
    const file = wheels.find(({ filename }) => request.url === `/files/${filename}`);
    const listed = wheels.filter(({ project }) => request.url === `/simple/${project}/`);
    if (file) response.end(sent(file));
    else if (listed.length === 0) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': types[form] }).end(pages[form](listed));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/simple/`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

const types = { html: 'text/html', json: 'application/vnd.pypi.simple.v1+json' };

const pages = {
  html: (wheels: readonly TinyWheel[]) =>
    wheels
      .map(
        ({ filename, bytes }) =>
          `<a href="../../files/${filename}#sha256=${sha256(bytes)}">${filename}</a><br/>`,
      )
      .join('\n'),
  json: (wheels: readonly TinyWheel[]) =>
    JSON.stringify({
      files: wheels.map(({ filename, bytes }) => ({
        filename,
        url: `../../files/${filename}`,
        hashes: { sha256: sha256(bytes) },
      })),
    }),
};
