import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@vae/sdk/manifest';
import { decodeNpy } from '@vae/sdk/media';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCsv } from './csv.js';
import { requireFormat, writeItems } from './write-items.js';

const folder = mkdtempSync(join(tmpdir(), 'vae-write-items-'));
afterAll(() => rmSync(folder, { recursive: true }));

const table = (columns?: string[]) => ({
  manifest: { data: { columns } } as Manifest,
  dataShape: [2],
});
const rows = { data: Float32Array.of(0.1, -1e-20, 3, 12_345.678), shape: [2, 2] };

describe('writeItems', () => {
  it('writes rows under their names, each number in the fewest digits that give it back', async () => {
    const output = join(folder, 'deep/rows.csv');
    const text = await writeItems(table(['age', 'income, "net"']), rows, { output, format: 'csv' });
    expect(text).toBe(`Wrote ${output}: 2 rows of 2 numbers.`);
    // 12345.678 is 12345.677734375 as float32; its neighbours are 0.001 apart.
    expect(readFileSync(output, 'utf8')).toBe('age,"income, ""net"""\n0.1,-1e-20\n3,12345.678\n');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['rows.csv']);
  });

  it('numbers columns without names', async () => {
    const output = join(folder, 'bare.csv');
    await writeItems(table(), rows, { output, format: 'csv' });
    await writeItems({ manifest: undefined, dataShape: [2] }, rows, {
      output: join(folder, 'b.csv'),
      format: 'csv',
    });
    for (const name of ['bare.csv', 'b.csv'])
      expect(readFileSync(join(folder, name), 'utf8').split('\n')[0]).toBe('x0,x1');
  });

  it('writes more rows than fit into one block', async () => {
    const data = Float32Array.from({ length: 2 * 10_000 }, (_, i) => i);
    const output = join(folder, 'many.csv');
    await writeItems(table(), { data, shape: [10_000, 2] }, { output, format: 'csv' });
    const [, ...lines] = parseCsv(readFileSync(output, 'utf8'), output);
    expect(lines.flat().map(Number)).toEqual([...data]);
  });

  it('writes rows as an array', async () => {
    const output = join(folder, 'rows.npy');
    expect(await writeItems(table(), rows, { output, format: 'npy' })).toContain('2 rows of 2 numbers.');
    expect(decodeNpy(readFileSync(output))).toEqual(rows);
  });
});

describe('requireFormat', () => {
  it.each([
    [[4], 'png', 'the model gives rows of 4 numbers, no pictures; end it in .csv or .npy.'],
    [[2, 8, 8], 'folder', 'the model gives items of 2 × 8 × 8, no pictures; end it in .csv or .npy.'],
    [
      [1, 8, -1],
      'csv',
      'the model gives pictures of 1 × 8 × any; end it in .png, .gif, .npy, or in / for a folder.',
    ],
  ] as const)('refuses items of %j as %s', (dataShape, format, message) => {
    expect(() => requireFormat({ manifest: undefined, dataShape }, 'out', format)).toThrow(
      `-o "out": ${message}`,
    );
  });

  it.each([
    [[4], 'csv'],
    [[2, 8, 8], 'csv'],
    [[2, 8, 8], 'npy'],
    [[3, 8, 8], 'gif'],
  ] as const)('takes items of %j as %s', (dataShape, format) => {
    expect(() => requireFormat({ manifest: undefined, dataShape }, 'out', format)).not.toThrow();
  });
});
