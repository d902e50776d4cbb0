import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-init-'));
});
afterEach(async () => {
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

/** The recipe that is drafted for a table, and what was said. */
async function drafted(content: string, query = '', flags = ['--latent', '2', '--epochs', '3']) {
  const [data, file] = [join(folder, 'a.csv'), join(folder, 'a.json')];
  await writeFile(data, content);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  process.exitCode = undefined;
  const words = ['--data', `csv:${data}${query}`, ...flags, '--overwrite', '--json'];
  await main(['init', file, ...words], { stdout, stderr });
  const text = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';
  const notes = text(stderr).replaceAll(folder, 'DIR');
  expect(process.exitCode ?? 0).toBe(0);
  const recipe = JSON.parse(await readFile(file, 'utf8'));
  const result = JSON.parse(text(stdout));
  return { source: recipe.data.source.replace(folder, 'DIR'), recipe, result, notes };
}

const rows = (line: (i: number) => string, count = 300) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

describe('vae-train init of a table', () => {
  it('counts the samples where they are few', async () => {
    expect((await drafted('a,b\n1,2\n')).notes).toContain('Only 1 training sample: the model may learn');
    expect((await drafted('a,b\n1,2\n3,5\n')).notes).toContain('Only 2 training samples: ');
  });

  it('leaves rows out that training would refuse, and a column that says nothing', async () => {
    const { source, notes } = await drafted('a,b,c\n1,100,7\n2,,7\n3,500,7\n4,2,7\n5,6\n');
    expect(source).toBe('csv:DIR/a.csv?bad=skip&drop=c&normalize=standard');
    expect(notes).toContain('bad=skip');
  });

  it('scales columns that differ, and says so', async () => {
    const { source, recipe, result, notes } = await drafted(`a,b\n${rows((i) => `${i % 2},${i}`)}`);
    expect(source).toBe('csv:DIR/a.csv?normalize=standard');
    expect(recipe.likelihood).toEqual({ type: 'gaussian', variance: 'learned' });
    // Of 0 and 1 the deviation is 0.5, of 0 to 299 sqrt((300² − 1) / 12) = 86.6.
    expect(notes).toBe(
      'Note that columns differ in scale: the deviation of "a" is 0.5, that of "b" 86.6. The recipe therefore trains on \'csv:DIR/a.csv?normalize=standard\'.\n',
    );
    expect(result).toMatchObject({ shape: [2], samples: 300, source: recipe.data.source });
  });

  it('proposes a size and a length that fit its columns and rows', async () => {
    const line = (i: number) => `${1000 * i},${i % 2},${i % 3},${i % 5},${i % 7},7`;
    const { recipe, result } = await drafted(`a,b,c,d,e,same\n${rows(line)}`, '', []);
    // Five columns change and are kept, of which two latents are half at most; 270 rows to train on make 5 batches of 64.
    expect(result).toMatchObject({ shape: [5], latent: 2, epochs: 600 });
    expect(recipe).toMatchObject({ model: { latent: 2 }, batch: 64, epochs: 600 });
  });

  it('has the steps that are given in place of epochs', async () => {
    const { recipe, result } = await drafted('a,b\n1,2\n3,5\n', '', ['--steps', '50']);
    expect(recipe).toMatchObject({ steps: 50 });
    expect(result).toMatchObject({ steps: 50 });
    for (const written of [recipe, result]) expect(written).not.toHaveProperty('epochs');
  });

  it('leaves out what never changes', async () => {
    const { source, result } = await drafted(`a,same,b\n${rows((i) => `${i % 2},7,${i}`)}`, '?test=0.1');
    expect(source).toBe('csv:DIR/a.csv?test=0.1&drop=same&normalize=standard');
    expect(result).toMatchObject({ shape: [2], samples: 270 });
  });

  it('takes data that are fine, or scaled in another way, as they are', async () => {
    expect(await drafted(`a,b\n${rows((i) => `${i % 2},${i % 3}`)}`)).toMatchObject({
      source: 'csv:DIR/a.csv',
      notes: '',
    });
    const { source, recipe } = await drafted(`a,b\n${rows((i) => `${i % 2},${i}`)}`, '?normalize=minmax');
    expect(source).toBe('csv:DIR/a.csv?normalize=minmax');
    expect(recipe).not.toHaveProperty('likelihood');
  });
});
