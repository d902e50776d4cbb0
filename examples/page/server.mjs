// A static server for this folder. On a real site, copy the folders below to where the page is.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, posix } from 'node:path';

const require = createRequire(import.meta.url);
const sdk = dirname(require.resolve('@vae/sdk/package.json'));
const runtime = dirname(createRequire(join(sdk, 'package.json')).resolve('onnxruntime-web/wasm'));

/** Where the files under each path come from; the first folder that has one gives it. */
const folders = {
  '/vae/': [join(sdk, 'dist/browser'), runtime],
  '/models/': [join(sdk, 'models')],
  '/index.html': [join(import.meta.dirname, 'index.html')],
};

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.onnx': 'application/octet-stream',
  '.wasm': 'application/wasm',
};

const server = createServer(async (request, response) => {
  const [asked] = request.url.split('?');
  // Addresses have slashes on every system; Windows would take a backslash for one too.
  const path = asked === '/' ? '/index.html' : posix.normalize(asked.replaceAll('\\', '/'));
  const prefix = Object.keys(folders).find((start) => path.startsWith(start));
  const type = types[extname(path)];
  for (const folder of (type && folders[prefix]) ?? []) {
    const bytes = await readFile(join(folder, path.slice(prefix.length))).catch(() => undefined);
    if (!bytes) continue;
    response.writeHead(200, { 'content-type': type }).end(bytes);
    return;
  }
  response.writeHead(404).end();
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
