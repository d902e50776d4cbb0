import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { encodeNpy, encodeNpz } from '@vae/sdk/media';
import { permutation, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { audio } from './audio.js';
import { csv } from './csv.js';
import type { DataSource } from './dataset.js';
import { idx } from './idx-source.js';
import { jsonl } from './jsonl.js';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { parquet } from './parquet.js';
import { dataFolder, fixture, itemsOf } from './testing/data-folder.js';

/** Mutated files of each kind. */
const CASES = process.env.VAE_TEST_LONG === '1' ? 10_000 : 150;
const MAX_MS = 2000;
const MAX_GROWTH_BYTES = 2 ** 30;

const counting = (length: number) => Float32Array.from({ length }, (_, i) => i / 7);
const tensor = { data: counting(60), shape: [10, 6] };
const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 3]);
const idxFile = Buffer.concat([header, Buffer.alloc(60, 9)]);

function wav(): Uint8Array {
  const file = new wavefile.WaveFile();
  file.fromScratch(2, 8000, '16', [Array.from(counting(64)), Array.from(counting(64))]);
  return file.toBuffer();
}

interface Kind {
  readonly source: DataSource;
  readonly name: string;
  readonly files: readonly (Uint8Array | Promise<Uint8Array>)[];
  readonly argument?: (path: string) => string;
  readonly cases?: number;
}

const kinds: Readonly<Record<string, Kind>> = {
  idx: { source: idx, name: 'a.idx', files: [idxFile, gzipSync(idxFile)] },
  npy: { source: npy, name: 'a.npy', files: [encodeNpy(tensor), encodeNpy({ ...tensor, shape: [5, 4, 3] })] },
  npz: {
    source: npz,
    name: 'a.npz',
    files: [encodeNpz({ x: tensor }), readFile(fixture('types.npz'))],
    argument: (path) => `${path}#x`,
  },
  csv: {
    source: csv,
    name: 'a.csv',
    files: [Buffer.from('a,b,c\r\n1,2,x\r\n"3",4.5e-1,"y ""z"""\r\n-5,6,x\r\n')],
    argument: (path) => `${path}?label=c&bad=skip&normalize=standard`,
  },
  jsonl: { source: jsonl, name: 'a.jsonl', files: [Buffer.from('[1,2,3]\n[4,5,6.5e2]\n[7,8,9]\n')] },
  parquet: {
    source: parquet,
    name: 'a.parquet',
    files: ['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'].map((codec) =>
      readFile(fixture(`${codec}.parquet`)),
    ),
    argument: (path) => `${path}?columns=x,pair,flag&label=kind`,
    // Beyond these, one file in 10,000 makes hyparquet 1.31.5 write a run past the page's end until Node itself gives up.
    cases: Math.min(CASES, 800),
  },
  audio: {
    source: audio,
    name: 'a/a.wav',
    files: [wav()],
    argument: (path) => `${path.slice(0, -6)}?window=16`,
  },
};

/** Numbers that lie at the edges of what headers hold. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x0a, 0x2c];

/** The bytes with a few of them changed, cut out, doubled or repeated; a function of the stream and the number alone. */
function mutate(bytes: Uint8Array, stream: string, index: number): Uint8Array {
  const draws = Array.from(uniform({ seed: 1, stream, index }, 64));
  const below = (n: number) => Math.floor(draws.pop()! * n);
  let out = Buffer.from(bytes);
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(out.length + 1);
    const length = below(8) === 0 ? below(out.length + 1) : 1 + below(8);
    const kind = below(6);
    if (kind === 0) out[at % Math.max(1, out.length)] = EDGES[below(EDGES.length)]!;
    else if (kind === 1) out[at % Math.max(1, out.length)]! ^= 1 << below(8);
    else if (kind === 2) out.subarray(at, at + length).fill(below(2) ? 255 : 0);
    else if (kind === 3) out = Buffer.concat([out.subarray(0, at), out.subarray(at + length)]);
    else if (kind === 4)
      out = Buffer.concat([out.subarray(0, at), out.subarray(at, at + length), out.subarray(at)]);
    else {
      const order = permutation(Math.max(1, length), { seed: index, stream });
      out = Buffer.concat([
        out.subarray(0, at),
        Buffer.from(order.map((i) => i * 37)),
        out.subarray(at + length),
      ]);
    }
  }
  return out;
}

describe.each(Object.keys(kinds))('%s files with faults', (kind) => {
  const { source, name, files, argument = (path: string) => path, cases = CASES } = kinds[kind]!;
  const { put } = dataFolder(source);

  it(
    `are read or refused, ${cases} of them: no crash, no hang, no memory without bounds`,
    async () => {
      const originals = await Promise.all(files);
      const before = process.memoryUsage().rss;
      let refused = 0;
      let growth = 0;
      for (let i = 0; i < cases; i++) {
        const path = await put(name, mutate(originals[i % originals.length]!, kind, i));
        const started = process.cpuUsage();
        try {
          const data = await source.open(argument(path), { seed: 0 });
          const items = await itemsOf(data, data.train, [0, data.train.size - 1]);
          expect(items.flat().every(Number.isFinite)).toBe(true);
          await data.close?.();
        } catch (error) {
          // The number of the case repeats it.
          expect([i, (error as Error).name, (error as Error).stack]).toEqual([
            i,
            'TrainerError',
            expect.anything(),
          ]);
          expect((error as Error).message.length).toBeLessThan(2000);
          refused++;
        }
        // Of the processor, so that other programs on the machine do not count.
        const { user, system } = process.cpuUsage(started);
        expect([i, (user + system) / 1000 < MAX_MS]).toEqual([i, true]);
        growth = Math.max(growth, process.memoryUsage().rss - before);
      }
      expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
      expect(refused).toBeGreaterThan(cases / 10);
    },
    cases * 100 + 60_000,
  );
});
