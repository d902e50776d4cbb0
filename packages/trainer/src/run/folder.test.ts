import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolder } from './folder.js';

let root: string;
let folder: RunFolder;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-run-'));
  folder = new RunFolder(join(root, 'run'));
});
afterEach(() => rm(root, { recursive: true }));

/** What a new run does to its folder before anything is written there. */
async function start(which: RunFolder, options: { overwrite: boolean }): Promise<void> {
  which.requireFree(options);
  await which.make();
  await (await which.setAside()).drop();
}

describe('a run folder', () => {
  it('is made where there is none, and taken where it is empty', async () => {
    expect(folder.holdsRun()).toBe(false);
    await start(folder, { overwrite: false });
    expect(await readdir(folder.path)).toEqual(['pictures']);
    const empty = new RunFolder(join(root, 'empty'));
    await mkdir(empty.path);
    await start(empty, { overwrite: false });
    expect(empty.holdsRun()).toBe(false);
    await empty.log({ kind: 'step', step: 1, epoch: 1 });
    expect(empty.holdsRun()).toBe(true);
  });

  it('that holds a run is refused with every way out', async () => {
    await start(folder, { overwrite: false });
    await folder.log({ kind: 'step', step: 1, epoch: 1 });
    await expect(start(folder, { overwrite: false })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'run-exists',
      message: `${folder.path}: holds a run already. Add --resume ${folder.path} to go on with it, --overwrite to replace it, or choose another --out.`,
    });
  });

  it.each(['metrics.jsonl', 'checkpoints/last.zip', 'pictures/epoch-001.png', 'vae/vae.json'])(
    'is refused where a folder is in place of %s',
    async (name) => {
      await mkdir(join(folder.path, name), { recursive: true });
      await writeFile(join(folder.path, 'recipe.json'), '{}');
      const refuse = () => folder.requireNoFolderForFile();
      expect(refuse).toThrow(
        `${join(folder.path, name)}: is a folder, and a run needs that name for a file. Move the folder away, or choose another --out.`,
      );
      await rm(join(folder.path, name), { recursive: true });
      await mkdir(join(folder.path, 'checkpoints/.last.zip.0123456789ab.tmp'), { recursive: true });
      expect(refuse).not.toThrow();
    },
  );

  it('is named as a shell takes it', async () => {
    const spaced = new RunFolder(join(root, 'my run'));
    await start(spaced, { overwrite: false });
    await spaced.log({ kind: 'step', step: 1, epoch: 1 });
    await expect(start(spaced, { overwrite: false })).rejects.toThrow(`Add --resume '${spaced.path}' to`);
  });

  it('tells a start that came to nothing from a run and from a recipe of the user', async () => {
    await start(folder, { overwrite: false });
    await writeFile(folder.recipe(), '{}');
    await folder.log({ kind: 'step', step: 1, epoch: 1 });
    expect(folder.holdsFailedStart()).toBe(false);
    await writeFile(folder.facts(), '{}');
    expect(folder.holdsFailedStart()).toBe(true);
    await mkdir(join(folder.path, 'checkpoints'));
    await writeFile(join(folder.path, 'checkpoints/.last.zip.0123456789ab.tmp'), 'half');
    expect(folder.holdsFailedStart()).toBe(true);
    for (const result of ['checkpoints/last.zip', 'vae/vae.json', 'report.html']) {
      await mkdir(join(folder.path, 'vae'), { recursive: true });
      await writeFile(join(folder.path, result), 'kept');
      expect(folder.holdsFailedStart()).toBe(false);
      await rm(join(folder.path, result));
    }
  });

  it('is emptied of the run with "overwrite", and of nothing else', async () => {
    await start(folder, { overwrite: false });
    await mkdir(join(folder.path, 'vae'));
    await writeFile(join(folder.path, 'vae', 'vae.json'), '{}');
    await folder.log({ kind: 'step', step: 1 });
    await start(folder, { overwrite: true });
    expect(await readdir(folder.path)).toEqual(['pictures']);

    // What a file manager leaves is in nobody's way, and stays.
    await writeFile(join(folder.path, 'pictures/.DS_Store'), '');
    await start(folder, { overwrite: true });
    expect(await readdir(join(folder.path, 'pictures'))).toEqual(['.DS_Store']);

    await writeFile(join(folder.path, 'thesis.tex'), 'three years of work');
    for (const overwrite of [false, true])
      await expect(start(folder, { overwrite })).rejects.toMatchObject({ code: 'run-exists' });
    await expect(start(folder, { overwrite: true })).rejects.toThrow(
      `${folder.path}: holds thesis.tex, which is not part of a run. Choose an empty or new folder for --out.`,
    );
    expect((await readdir(folder.path)).sort()).toEqual(['pictures', 'thesis.tex']);
  });

  it('keeps what somebody put into its own folders', async () => {
    await start(folder, { overwrite: false });
    await writeFile(join(folder.path, 'pictures', 'holiday.txt'), 'sun');
    await expect(start(folder, { overwrite: true })).rejects.toThrow(
      'holds pictures/holiday.txt, which is not part',
    );
    expect(await readFile(join(folder.path, 'pictures', 'holiday.txt'), 'utf8')).toBe('sun');
  });

  it('without a name is refused', () => {
    expect(() => new RunFolder('')).toThrow('The run folder has no name');
  });

  it('is gone again when a start came to nothing', async () => {
    await start(folder, { overwrite: false });
    await writeFile(folder.recipe(), '{}');
    const before = await folder.setAside();
    await writeFile(folder.recipe(), '{"new":true}');
    await before.restore();
    // What was there is there again, and nothing else.
    expect(await readFile(folder.recipe(), 'utf8')).toBe('{}');
    expect((await readdir(folder.path)).sort()).toEqual(['pictures', 'recipe.json']);
    await rm(folder.recipe());
    await folder.dropEmpty({ self: true });
    expect(await readdir(root)).toEqual([]);
  });

  it('takes the folder around it along, if that was made for it', async () => {
    const deep = new RunFolder(join(root, 'runs', 'first'));
    await deep.make();
    await deep.dropEmpty({ self: true });
    expect(await readdir(root)).toEqual([]);
    await mkdir(join(root, 'runs'));
    await deep.make();
    await deep.dropEmpty({ self: true });
    expect(await readdir(root)).toEqual(['runs']);
  });

  it('that was deleted while training is told so', async () => {
    await start(folder, { overwrite: false });
    expect(() => folder.requireThere()).toThrow(
      'the run folder was deleted, moved or emptied while training',
    );
    await writeFile(folder.lock(), '1');
    folder.requireThere();
  });

  it('that is gone when something is to be logged is told so, and not made again', async () => {
    await expect(folder.log({ kind: 'step', step: 1, epoch: 1 })).rejects.toMatchObject({ code: 'run-lost' });
    expect(await readdir(root)).toEqual([]);
  });

  it('loses at a new start what a killed process had not finished', async () => {
    await start(folder, { overwrite: false });
    await folder.log({ kind: 'step', step: 1, epoch: 1 });
    await mkdir(join(folder.path, 'checkpoints'));
    const unfinished = ['.recipe.json.0123456789ab.tmp', 'checkpoints/.last.zip.0123456789ab.tmp'];
    for (const name of [...unfinished, 'checkpoints/last.zip'])
      await writeFile(join(folder.path, name), 'half');
    await folder.rewind(1, 4);
    expect((await readdir(folder.path)).sort()).toEqual(['checkpoints', 'metrics.jsonl', 'pictures']);
    expect(await readdir(join(folder.path, 'checkpoints'))).toEqual(['last.zip']);
  });

  it.each(['garbage', 'null', '{"step":"one"}'])('names a damaged line of its log: %s', async (line) => {
    await start(folder, { overwrite: false });
    await folder.log({ kind: 'step', step: 1, epoch: 1 });
    await writeFile(folder.metrics(), `${line}\n`, { flag: 'a' });
    await expect(folder.records()).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('line 2'),
    });
  });

  it('that is a file is refused as the mistake it is', async () => {
    await writeFile(folder.path, 'a file');
    await expect(start(folder, { overwrite: true })).rejects.toMatchObject({
      name: 'TrainerError',
      message: expect.stringContaining(folder.path),
    });
    expect(await readFile(folder.path, 'utf8')).toBe('a file');
  });

  it('logs one object a line and goes back to a step', async () => {
    await start(folder, { overwrite: false });
    for (const step of [1, 2, 3, 4])
      await folder.log({ kind: 'step', step, epoch: 1, loss: step / 3, bound: null });
    expect((await readFile(folder.metrics(), 'utf8')).split('\n')).toHaveLength(5);
    await folder.rewind(2, 4);
    expect(await folder.records()).toEqual([
      { kind: 'step', step: 1, epoch: 1, loss: 1 / 3, bound: null },
      { kind: 'step', step: 2, epoch: 1, loss: 2 / 3, bound: null },
    ]);
  });

  it('drops the line of an epoch that was only begun', async () => {
    await start(folder, { overwrite: false });
    await folder.log({ kind: 'epoch', step: 4, epoch: 1 });
    await folder.log({ kind: 'epoch', step: 6, epoch: 2 });
    await folder.rewind(6, 4);
    expect(await folder.records()).toEqual([{ kind: 'epoch', step: 4, epoch: 1 }]);
  });

  it('has no records where nothing was logged', async () => {
    expect(await folder.records()).toEqual([]);
  });

  it('goes over a last line that a kill cut short', async () => {
    await start(folder, { overwrite: false });
    await folder.log({ kind: 'step', step: 1, epoch: 1 });
    await writeFile(folder.metrics(), '{"kind":"step","st', { flag: 'a' });
    expect(await folder.records()).toEqual([{ kind: 'step', step: 1, epoch: 1 }]);
    await folder.rewind(1, 4);
    await folder.log({ kind: 'step', step: 2, epoch: 1 });
    expect((await folder.records()).map(({ step }) => step)).toEqual([1, 2]);
  });
});
