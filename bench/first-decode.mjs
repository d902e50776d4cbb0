// The first decode in a page, from nothing: how long it takes and what is fetched for it, by kind. The built page is
// served on the loopback address, uncompressed; each round is a new browser with an empty cache.
// Usage: node bench/first-decode.mjs [model folder] [rounds], after a build; VAE_TEST_CHROMIUM names a browser.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, extname, join, normalize, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { machine } from './machine.mjs';

const [model = 'models/mnist-conv', rounds = '5'] = process.argv.slice(2);
const sdk = join(import.meta.dirname, '../packages/sdk');

const folders = {
  '/vae/': [join(sdk, 'dist/browser'), join(sdk, 'node_modules/onnxruntime-web/dist')],
  '/model/': [resolve(model)],
};
const types = { '.js': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };
const page = `<!doctype html><title>first decode</title><script type="module" src="/vae/element.js"></script>
<vae-decoder src="/model/"></vae-decoder>`;

/** What a file is, by its path. */
const kinds = {
  'our code': (path) => path.startsWith('/vae/') && !/\/ort/.test(path),
  'runtime script': (path) => /\/ort.*js$/.test(path),
  wasm: (path) => path.endsWith('.wasm'),
  model: (path) => path.startsWith('/model/'),
};

/** In the page: milliseconds from the beginning of the navigation, and of one more decode. */
const measure = `(async () => {
  await customElements.whenDefined('vae-decoder');
  const decoder = await document.querySelector('vae-decoder').ready;
  const first = performance.now();
  for (let i = 0; i < 20; i++) await decoder.decode(new Float32Array(decoder.latentShape.reduce((a, b) => a * b)));
  return { first, further: (performance.now() - first) / 20, device: decoder.device };
})()`;

/** The files that one first decode asks for, by path. */
const fetched = new Map();
const server = createServer(async (request, response) => {
  const path = normalize(request.url);
  const bytes = path === '/' ? Buffer.from(page) : await find(path);
  if (path !== '/' && bytes) fetched.set(path, bytes);
  const type = path === '/' ? 'text/html' : (types[extname(path)] ?? 'application/octet-stream');
  response.writeHead(bytes ? 200 : 404, { 'content-type': type }).end(bytes);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const runs = [];
for (let round = 0; round < Number(rounds); round++) runs.push(await visit());
server.close();
report();

async function find(path) {
  const prefix = Object.keys(folders).find((start) => path.startsWith(start));
  for (const folder of folders[prefix] ?? []) {
    const file = join(folder, path.slice(prefix.length));
    if (existsSync(file)) return readFile(file);
  }
  return undefined;
}

async function visit() {
  const executablePath = process.env.VAE_TEST_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--disable-background-networking'] });
  try {
    const opened = await browser.newPage();
    await opened.goto(`http://127.0.0.1:${server.address().port}/`);
    return { ...(await opened.evaluate(measure)), version: browser.version() };
  } finally {
    await browser.close();
  }
}

function report() {
  console.log(machine());
  console.log(
    `Chromium ${runs[0].version}, ${basename(model)} on ${runs[0].device}, ${runs.length} rounds\n`,
  );
  for (const [text, key] of [
    ['first picture after', 'first'],
    ['a further decode', 'further'],
  ]) {
    const times = runs.map((run) => run[key]).toSorted((a, b) => a - b);
    const [least, middle, most] = [times[0], times[Math.floor(times.length / 2)], times.at(-1)];
    console.log(`${text}: ${middle.toFixed(1)} ms (${least.toFixed(1)} to ${most.toFixed(1)})`);
  }
  console.log('\nkind             files      bytes       gzip');
  let [raw, packed] = [0, 0];
  for (const [kind, holds] of Object.entries(kinds)) {
    const files = [...fetched].filter(([path]) => holds(path)).map(([, bytes]) => bytes);
    const size = files.reduce((sum, bytes) => sum + bytes.length, 0);
    const gzip = files.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0);
    console.log(row(kind, files.length, size, gzip));
    raw += size;
    packed += gzip;
  }
  console.log(row('all', fetched.size, raw, packed));
}

function row(kind, files, bytes, gzip) {
  return [
    kind.padEnd(16),
    String(files).padStart(5),
    String(bytes).padStart(10),
    String(gzip).padStart(10),
  ].join(' ');
}
