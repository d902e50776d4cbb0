// GET /sample.png?seed=1&n=16 gives a grid of samples. Models run in worker threads, so requests are answered meanwhile.
import { createServer } from 'node:http';
import { isVaeError, VAE } from '@vae/sdk';
import { encodePng, grid } from '@vae/sdk/media';

const limits = {
  /** Pictures in one answer. */
  n: 64,
  /** Requests that are worked on at once; the rest is told to come back. */
  atOnce: 8,
  milliseconds: 10_000,
};

const vae = await VAE.load(process.env.MODEL ?? 'mnist-conv');
await vae.prepare();
const base = 'http://localhost';
// Nobody waits for the rest of a body that was not asked for.
const onlyGet = { allow: 'GET', connection: 'close' };
let working = 0;

const server = createServer(async (request, response) => {
  if (request.method !== 'GET') return answer(response, 405, 'GET only.', onlyGet);
  if (!URL.canParse(request.url, base)) return answer(response, 400, 'That is no address.');
  const { pathname, searchParams } = new URL(request.url, base);
  if (pathname === '/health') return answer(response, 200, vae.device);
  if (pathname !== '/sample.png') return answer(response, 404, 'There is /sample.png?seed=1&n=16.');
  const seed = whole(searchParams.get('seed'), { fallback: 0, from: 0, to: Number.MAX_SAFE_INTEGER });
  const n = whole(searchParams.get('n'), { fallback: 16, from: 1, to: limits.n });
  if (seed === undefined || n === undefined) {
    return answer(response, 400, `seed is a whole number, n one from 1 to ${limits.n}.`);
  }
  if (working >= limits.atOnce) return answer(response, 503, 'Busy.', { 'retry-after': '1' });
  working++;
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(limits.milliseconds), gone(response)]);
    const png = encodePng(grid(await vae.sample(n, { seed, signal })));
    // The same seed gives the same picture for ever.
    response.writeHead(200, {
      'content-type': 'image/png',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    response.end(png);
  } catch (error) {
    if (response.destroyed) return;
    if (error.name === 'TimeoutError') return answer(response, 503, 'That took too long.');
    console.error(error);
    answer(response, 500, isVaeError(error) ? error.code : 'internal error');
  } finally {
    working--;
  }
});
server.requestTimeout = limits.milliseconds;

function answer(response, status, text, headers = {}) {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
}

function whole(text, { fallback, from, to }) {
  if (text === null) return fallback;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : undefined;
}

/** Aborted when whoever asked is gone, so that nothing is computed for nobody. */
function gone(response) {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  console.log(`http://${server.address().address}:${server.address().port}/sample.png?seed=1`);
});

/** Takes nothing new, finishes what is under way, frees the model; then the process ends by itself. */
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => vae.dispose());
    server.closeIdleConnections();
    // Those that are busy now are not kept open for a next request.
    server.keepAliveTimeout = 1;
  });
}
