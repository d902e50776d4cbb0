import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { encodeNpy, encodeNpz, encodePng } from '@vae/sdk/media';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { loadRecipe } from '../recipe/load.js';
import { loadCheckpoint, saveCheckpoint } from '../run/checkpoints/checkpoint.js';
import { tinyRecipe } from '../testing/tiny-training.js';
import { audio } from './audio.js';
import { csv } from './csv.js';
import type { DataSource } from './dataset.js';
import { idx } from './idx-source.js';
import { images } from './images.js';
import { jsonl } from './jsonl.js';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { parquet } from './parquet.js';
import { dataFolder, fixture, itemsOf } from './testing/data-folder.js';
import { withFaults } from './testing/faults.js';

const LONG = process.env.VAE_TEST_LONG === '1';
/** Damaged files of each kind. */
const CASES = LONG ? 10_000 : 150;
const MAX_MS = 2000;
const MAX_GROWTH_BYTES = 2 ** 30;

const counting = (length: number) => Float32Array.from({ length }, (_, i) => i / 7);
const tensor = { data: counting(60), shape: [10, 6] };
const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 3]);
const idxFile = Buffer.concat([header, Buffer.alloc(60, 9)]);
const picture = { width: 9, height: 7, channels: 3, data: new Uint8Array(189).map((_, i) => i) } as const;

function wav(): Uint8Array {
  const file = new wavefile.WaveFile();
  file.fromScratch(2, 8000, '16', [Array.from(counting(64)), Array.from(counting(64))]);
  return file.toBuffer();
}

const parquetFiles = ['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'].map((codec) =>
  readFile(fixture(`${codec}.parquet`)),
);
const otherPages = ['1-none', '2-none', '2-snappy'].map((name) =>
  readFile(fixture(`encodings-${name}.parquet`)),
);

interface Reader {
  readonly name: string;
  readonly files: readonly (Uint8Array | Promise<Uint8Array>)[];
  read(path: string): Promise<void>;
}

/** Opens a file as a data set, and reads its first and its last item. */
const through =
  (source: DataSource, argument = (path: string) => path) =>
  async (path: string): Promise<void> => {
    const data = await source.open(argument(path), { seed: 0 });
    try {
      const items = await itemsOf(data, data.train, [0, data.train.size - 1]);
      expect(items.flat().every(Number.isFinite)).toBe(true);
    } finally {
      await data.close?.();
    }
  };

const readers: Readonly<Record<string, Reader>> = {
  idx: { name: 'a.idx', files: [idxFile, gzipSync(idxFile)], read: through(idx) },
  npy: {
    name: 'a.npy',
    files: [encodeNpy(tensor), encodeNpy({ ...tensor, shape: [5, 4, 3] })],
    read: through(npy),
  },
  npz: {
    name: 'a.npz',
    files: [encodeNpz({ x: tensor }), readFile(fixture('types.npz'))],
    read: through(npz, (path) => `${path}#x`),
  },
  csv: {
    name: 'a.csv',
    files: [Buffer.from('a,b,c\r\n1,2,x\r\n"3",4.5e-1,"y ""z"""\r\n-5,6,x\r\n')],
    read: through(csv, (path) => `${path}?label=c&bad=skip&normalize=standard`),
  },
  jsonl: {
    name: 'a.jsonl',
    files: [Buffer.from('[1,2,3]\n[4,5,6.5e2]\n[7,8,9]\n')],
    read: through(jsonl),
  },
  parquet: {
    name: 'a.parquet',
    files: parquetFiles,
    read: through(parquet, (path) => `${path}?columns=x,pair,flag&label=kind`),
  },
  'parquet with other pages': {
    name: 'a.parquet',
    files: otherPages,
    read: through(parquet, (path) => `${path}?drop=kind&label=text&bad=skip`),
  },
  wav: {
    name: 'a/a.wav',
    files: [wav()],
    read: through(audio, (path) => `${path.slice(0, -'/a.wav'.length)}?window=16`),
  },
  image: {
    name: 'a/a.png',
    files: [encodePng(picture), sharp(picture.data, { raw: picture }).jpeg().toBuffer()],
    read: through(images, (path) => `${path.slice(0, -'/a.png'.length)}?size=8`),
  },
  recipe: {
    name: 'recipe.json',
    files: [readFile(fileURLToPath(new URL('../../../../models/seed-beta/recipe.json', import.meta.url)))],
    read: async (path) => void (await loadRecipe(path)),
  },
  checkpoint: {
    name: 'last.zip',
    files: [checkpointBytes()],
    read: async (path) => void (await loadCheckpoint(path)),
  },
};

async function checkpointBytes(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'vae-fuzz-'));
  const path = join(folder, 'last.zip');
  const partial = { sums: { loss: 1.5 }, samples: 8 };
  const progress = { recipe: tinyRecipe(), dataset: 'a', step: 1, epoch: 0, partial };
  await saveCheckpoint(path, { progress, state: { weight: tensor } });
  const bytes = await readFile(path);
  await rm(folder, { recursive: true });
  return bytes;
}

/** Processor time in milliseconds: other programs on the machine do not count. */
function spentMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** @returns whether the file was refused; anything but a readable file or a clear refusal fails */
async function refuses(read: () => Promise<void>, number: number): Promise<boolean> {
  try {
    await read();
    return false;
  } catch (error) {
    const { name, stack, message } = error as Error;
    // The number of the case repeats it.
    expect([number, name, stack]).toEqual([number, 'TrainerError', expect.anything()]);
    expect(message.length).toBeLessThan(2000);
    return true;
  }
}

describe.each(Object.keys(readers))('%s files with faults', (kind) => {
  const { name, files, read } = readers[kind];
  const { put } = dataFolder(idx);

  it(
    `are read or refused, ${CASES} of them: no crash, no hang, no memory without bounds`,
    async () => {
      const originals = await Promise.all(files);
      const before = process.memoryUsage().rss;
      let [refused, growth, slowestMs] = [0, 0, 0];
      for (let i = 0; i < CASES; i++) {
        const path = await put(name, withFaults(originals[i % originals.length], kind, i));
        const started = spentMs();
        if (await refuses(() => read(path), i)) refused++;
        const taken = spentMs() - started;
        expect([i, taken < MAX_MS]).toEqual([i, true]);
        slowestMs = Math.max(slowestMs, taken);
        growth = Math.max(growth, process.memoryUsage().rss - before);
      }
      const told = `${refused} of ${CASES} refused, slowest ${Math.ceil(slowestMs)} ms, memory grew by ${Math.ceil(growth / 2 ** 20)} MiB`;
      if (LONG) console.log(`${kind}: ${told}`);
      expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
      expect(refused).toBeGreaterThan(CASES / 10);
    },
    CASES * 100 + 60_000,
  );
});
