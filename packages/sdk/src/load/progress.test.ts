import { describe, expect, it } from 'vitest';
import { bytes, fetchFile } from '../testing/load/downloads.js';
import { fileServers, serveFile } from '../testing/load/file-server.js';
import type { TransferProgress } from './transfer.js';

const serve = fileServers();

describe('progress', () => {
  it('grows, also over a new beginning, and ends with the whole', async () => {
    const server = await serve((request, response, nth) => {
      if (nth === 1) return serveFile(request, response, { bytes, cutAfter: 150_000 });
      let at = 0;
      response.writeHead(200, { 'content-length': bytes.length });
      const timer = setInterval(() => {
        response.write(bytes.subarray(at, at + 20_000));
        at += 20_000;
        if (at >= bytes.length) clearInterval(timer);
      }, 20);
    });
    const events: TransferProgress[] = [];
    const times: number[] = [];
    const onProgress = (event: TransferProgress) => {
      events.push(event);
      times.push(performance.now());
    };
    await fetchFile(server, { onProgress });
    expect(events.length).toBeGreaterThan(1);
    for (const [i, event] of events.entries()) {
      expect(event).toMatchObject({ file: 'model.onnx', total: bytes.length });
      if (i === 0) continue;
      expect(event.loaded).toBeGreaterThan(events[i - 1]!.loaded);
      // At most 20 a second, except the last.
      if (i < events.length - 1) expect(times[i]! - times[i - 1]!).toBeGreaterThan(45);
    }
    expect(events.at(-1)!.loaded).toBe(bytes.length);
  });

  it('does not know the total of a body whose length is not stated, until the end', async () => {
    const server = await serve((_, response) => {
      response.write('abc');
      setTimeout(() => response.end('de'), 100);
    });
    const events: TransferProgress[] = [];
    await fetchFile(server, { expected: {}, onProgress: (event) => events.push(event) });
    expect(events[0]).toEqual({ file: 'model.onnx', loaded: 3, total: undefined });
    expect(events.at(-1)).toEqual({ file: 'model.onnx', loaded: 5, total: 5 });
  });

  it('that throws ends the download, which is not tried again', async () => {
    const server = await serve((request, response) => serveFile(request, response, { bytes }));
    const bug = new Error('a bug in the page');
    const onProgress = () => {
      throw bug;
    };
    await expect(fetchFile(server, { onProgress })).rejects.toBe(bug);
    expect(server.requests).toHaveLength(1);
  });
});
