import { describe, expect, it } from 'vitest';
import { bytes, expectBytes, failure, fetchFile } from '../testing/load/downloads.js';
import { fileServers, serveFile } from '../testing/load/file-server.js';
import { BadStatus } from './answer.js';
import { noteRetryAfter } from './retry-after.js';

const serve = fileServers();

describe('Retry-After', () => {
  const noon = 'Wed, 21 Oct 2015 12:00:00 GMT';
  const at = (time: string) => noon.replace('12:00', time);
  const pauseOf = (headers: Record<string, string>) =>
    noteRetryAfter(new BadStatus(new Response(null, { headers })));

  it.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '120' }, 120_000],
    ['a date, by the clock of the server', { date: noon, 'retry-after': at('12:02') }, 120_000],
    ['a date that is over', { date: noon, 'retry-after': at('11:59') }, 0],
    ['neither', { 'retry-after': 'later' }, 0],
    ['less than nothing', { 'retry-after': '-5' }, 0],
  ])('may be %s', (_, headers, milliseconds) => {
    expect(pauseOf(headers)).toBe(milliseconds);
  });

  it('may be a date of a server that does not tell its clock', () => {
    const pause = pauseOf({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
    expect(pause).toBeGreaterThan(50_000);
    expect(pause).toBeLessThanOrEqual(60_000);
  });
});

describe('a server that asks for a pause', () => {
  it.each([429, 503])('with %d is left alone for so long', async (status) => {
    const times: number[] = [];
    const server = await serve((request, response, nth) => {
      times.push(Date.now());
      if (nth === 1) response.writeHead(status, { 'retry-after': '1' }).end();
      else serveFile(request, response, { bytes });
    });
    expectBytes((await fetchFile(server))!.bytes, bytes);
    // Timers may be a millisecond early.
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(995);
  });

  it('that is no pause is asked again as any other', async () => {
    const server = await serve((_, response) => response.writeHead(503, { 'retry-after': '0' }).end());
    expect((await failure(server)).message).toMatch(/; Retry-After: 0 \(4 attempts\)\.$/);
    expect(server.requests).toHaveLength(4);
  });

  it('that is longer than the timeout is not waited for', async () => {
    const server = await serve((_, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
    expect(await failure(server)).toMatchObject({
      code: 'download-failed',
      message: `${server.url}/model.onnx: the server answered 429 Too Many Requests; Retry-After: 3600.`,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('is not waited for beyond the deadline of the caller', async () => {
    const server = await serve((_, response) => response.writeHead(503, { 'retry-after': '4' }).end());
    const signal = AbortSignal.timeout(100);
    await expect(fetchFile(server, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(server.requests).toHaveLength(1);
  });
});
