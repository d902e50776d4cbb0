import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@vae/sdk/media';
import { fillUniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { long, vaeTrain, withFolder } from '../support/project.js';

// 100,000 pictures with `npm run test:long`, 2,000 else.

const [COUNT, DIFFERENT] = long ? [100_000, 4000] : [2000, 500];
const SIDE = 64;
/** What the JavaScript heap may take: less than the files of the long test. */
const HEAP_MB = 256;
const MAX_GROWTH_MB = 200;
const MAX_WAITED = 0.05;
/** Of the memory of training, what codes, pictures and the export after it may take. */
const MAX_RATIO = 1.7;
const BATCH = 64;
const STEPS = Math.ceil(COUNT / BATCH);
const LOOK_EVERY_MS = 100;

/** Slopes with a little noise, in colour. */
function picture(index: number): Uint8Array {
  const noise = new Float32Array(SIDE * SIDE * 3 + 3);
  fillUniform(noise, { seed: 0, stream: 'pictures', index });
  const [across, down, base] = noise.slice(-3) as unknown as [number, number, number];
  const data = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    data[i] = 100 * base + across * x + down * y + 3 * noise[i] + 30 * (i % 3);
  }
  return encodePng({ width: SIDE, height: SIDE, channels: 3, data });
}

/** Writes pictures into nested folders, each of them under several names. @returns their bytes in all */
async function writePictures(folder: string): Promise<number> {
  const encoded = Array.from({ length: DIFFERENT }, (_, i) => picture(i));
  let bytes = 0;
  for (let start = 0; start < COUNT; start += 500) {
    const inner = join(folder, String(start % 5000), String(start));
    await mkdir(inner, { recursive: true });
    for (let i = start; i < start + 500; i++) {
      const png = encoded[i % DIFFERENT];
      await writeFile(join(inner, `${i}.png`), png);
      bytes += png.length;
    }
  }
  return bytes;
}

interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  /** Resident MB between the first step and the last. */
  readonly residentMB: readonly number[];
  /** Resident MB after the last step. */
  readonly endingMB: readonly number[];
}

/** Steps that the log of a run has so far. */
function stepsDone(out: string): number {
  const log = join(out, 'metrics.jsonl');
  return existsSync(log) ? readFileSync(log, 'utf8').split('"kind":"step"').length - 1 : 0;
}

/** Trains in a process of its own, whose memory is looked at from outside. */
function train(out: string, args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, vaeTrain, ...args, '--out', out]);
  const residentMB: number[] = [];
  const endingMB: number[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const looking = setInterval(() => {
    const done = stepsDone(out);
    if (done === 0 || child.exitCode !== null) return;
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    // A process that has ended has no memory any more.
    const resident = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
    if (resident) (done < STEPS ? residentMB : endingMB).push(Number(resident) / 1024);
  }, LOOK_EVERY_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(looking);
      resolve({ code, stderr, residentMB, endingMB });
    });
  });
}

describe.skipIf(process.platform !== 'linux' || availableParallelism() < 2)(
  'many pictures (needs Linux, which tells a process’s memory, and two cores)',
  () => {
    it(`train ${COUNT} of them at constant memory, and the engine hardly waits`, {
      timeout: 3_600_000,
    }, async () => {
      await withFolder(async (folder) => {
        const bytes = await writePictures(join(folder, 'pictures'));
        if (long) expect(bytes).toBeGreaterThan(HEAP_MB * 2 ** 20);
        const out = join(folder, 'run');
        const data = `images:${join(folder, 'pictures')}?size=${SIDE}`;
        const outcome = await train(out, [
          'seed-beta-64',
          '--data',
          data,
          '--epochs',
          '1',
          '--log-every',
          '1',
        ]);
        expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
        const records = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n');
        const epochs = records.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'epoch');
        expect(epochs).toHaveLength(1);
        const [{ step, waited, samplesPerSecond, seconds }] = epochs;
        expect(step).toBe(STEPS);
        expect(waited).toBeLessThan(MAX_WAITED);
        expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('waiting for data');
        expect(outcome.residentMB.length).toBeGreaterThan(20);
        // The first tenth fills what is allocated once.
        const resident = outcome.residentMB.slice(Math.ceil(outcome.residentMB.length / 10));
        expect(Math.max(...resident) - resident[0]).toBeLessThan(MAX_GROWTH_MB);
        const ratio = Math.max(...outcome.endingMB) / Math.max(...resident);
        expect(outcome.endingMB.length).toBeGreaterThan(5);
        expect(ratio).toBeLessThan(MAX_RATIO);
        const ends = [resident[0], resident.at(-1)!].map(Math.round).join(' to ');
        if (long)
          console.log(
            `${Math.round(samplesPerSecond)} pictures a second for ${Math.round(seconds)} s, ${ends} MB, ${(100 * waited).toFixed(2)} % waiting, ${ratio.toFixed(2)} times that at the end`,
          );
      });
    });
  },
);
