import { existsSync, readdirSync, statSync } from 'node:fs';
import { appendFile, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { TrainerError } from '../errors.js';
import { atomicWrite, temporaryName } from '../files/atomic-write.js';
import { fileError } from '../files/file-error.js';
import { makeFolder } from '../files/make-folder.js';
import { quote } from '../text/quote.js';

/** What a killed process had not finished. */
const UNFINISHED = /^(\w+\/)?\.[^/]*\.[0-9a-f]{12}\.tmp(\/.*)?$/;

/** Every file that a run may leave in its folder, as a path in it; nothing else is ever deleted. */
const OWN = [
  /^(recipe\.json|run\.json|metrics\.jsonl|latent\.json|report\.html|run\.lock(\.[0-9a-f]{16})?)$/,
  /^checkpoints\/(last|previous|best|step-\d+)\.zip$/,
  /^pictures\/(epoch-\d+\.png|manifold\.png|traversals\.png|training\.gif)$/,
  /^vae\/(vae\.json|encoder\.onnx|decoder\.onnx|README\.md|preview\.png)$/,
  /^tensorboard\/events\.out\.tfevents\.\d+\.\d+$/,
  UNFINISHED,
];

/** A checkpoint that is kept for good, with its step. */
const KEPT = /^checkpoints\/step-(\d+)\.zip$/;

/** What makes a run worth keeping. */
const RESULT = /^(checkpoints\/.*|vae\/.*|report\.html)$/;

/** What systems leave in every folder that is looked at; nobody's file. */
const CLUTTER = ['.DS_Store', 'Thumbs.db', 'desktop.ini'];

const LOCK = 'run.lock';
const isOwn = (file: string): boolean => OWN.some((own) => own.test(file));
/** The lock, and what stands beside it while it is taken. */
const isLock = (file: string): boolean => file === LOCK || file.startsWith(`${LOCK}.`);
/** What a killed process left may be a folder too, and the lock says itself what is in its way. */
const isOwnFile = (name: string): boolean => isOwn(name) && !isLock(name) && !UNFINISHED.test(name);

/** Whether a file or folder that is not there is what lies behind an error. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as NodeJS.ErrnoException).code === 'ENOENT' || isMissing(error.cause);
}

/** Names and writes the files of one run. */
export class RunFolder {
  /** Whether `make` made the folder around this one too, such as `runs`. */
  private parentIsNew = false;

  constructor(readonly path: string) {
    if (path.trim() === '')
      throw new TrainerError('bad-option', 'The run folder has no name; give --out a folder.');
  }

  readonly recipe = () => join(this.path, 'recipe.json');
  readonly facts = () => join(this.path, 'run.json');
  readonly metrics = () => join(this.path, 'metrics.jsonl');
  readonly checkpoint = (which: 'last' | 'previous' | 'best') =>
    join(this.path, 'checkpoints', `${which}.zip`);
  readonly keptCheckpoint = (step: number) =>
    join(this.path, 'checkpoints', `step-${String(step).padStart(8, '0')}.zip`);
  readonly picture = (name: string) => join(this.path, 'pictures', name);
  readonly latentView = () => join(this.path, 'latent.json');
  readonly tensorboard = () => join(this.path, 'tensorboard');
  readonly report = () => join(this.path, 'report.html');
  readonly model = () => join(this.path, 'vae');
  readonly lock = () => join(this.path, LOCK);

  /** All that is in the folder and in folders in it, by its path from here. */
  private entries(): { readonly name: string; readonly isFolder: boolean }[] {
    if (!existsSync(this.path) || !statSync(this.path).isDirectory()) return [];
    return readdirSync(this.path, { recursive: true, withFileTypes: true }).map((entry) => ({
      name: relative(this.path, join(entry.parentPath, entry.name)).replaceAll(sep, '/'),
      isFolder: entry.isDirectory(),
    }));
  }

  /** Paths of all files in the folder that anybody made, relative to it. */
  private files(): string[] {
    return this.entries()
      .filter(({ name, isFolder }) => !isFolder && !CLUTTER.includes(posix.basename(name)))
      .map(({ name }) => name);
  }

  /** The checkpoints that are kept for good, the newest first. */
  keptCheckpoints(): string[] {
    const stepOf = (file: string) => Number(KEPT.exec(file)![1]);
    const kept = this.files().filter((file) => KEPT.test(file));
    return kept.sort((a, b) => stepOf(b) - stepOf(a)).map((file) => join(this.path, file));
  }

  /** True when the folder holds a run already, however little of it. */
  holdsRun(): boolean {
    return this.files().some((file) => !isLock(file) && isOwn(file));
  }

  /**
   * True when the folder holds what is left of a run that began and came to nothing: no checkpoint to go on from, no
   * model, no report. A recipe alone may be the user's own.
   */
  holdsFailedStart(): boolean {
    const files = this.files();
    return files.includes('run.json') && !files.some((file) => !UNFINISHED.test(file) && RESULT.test(file));
  }

  /**
   * Changes nothing.
   *
   * @throws TrainerError "run-exists" when a new run must not begin here: the folder holds one and `overwrite` is
   * not set, or it holds something else
   */
  requireFree({ overwrite }: { overwrite: boolean }): void {
    if (existsSync(this.path) && !statSync(this.path).isDirectory())
      throw new TrainerError(
        'run-exists',
        `${this.path}: a file of that name is in the way. Choose another --out.`,
      );
    if (this.holdsRun() && !overwrite)
      throw new TrainerError(
        'run-exists',
        `${this.path}: holds a run already. Add --resume ${quote(this.path)} to go on with it, --overwrite to replace it, or choose another --out.`,
      );
    const foreign = this.files().find((file) => !isOwn(file));
    if (foreign !== undefined)
      throw new TrainerError(
        'run-exists',
        `${this.path}: holds ${foreign}, which is not part of a run. Choose an empty or new folder for --out.`,
      );
  }

  /**
   * A folder in place of a file would be found when that file is written, which may be hours of training later.
   *
   * @throws TrainerError "bad-file" naming it
   */
  requireNoFolderForFile(): void {
    const folder = this.entries().find((entry) => entry.isFolder && isOwnFile(entry.name))?.name;
    if (folder === undefined) return;
    throw new TrainerError(
      'bad-file',
      `${join(this.path, folder)}: is a folder, and a run needs that name for a file. Move the folder away, or choose another --out.`,
    );
  }

  /** The folder itself, and those in it that are written to directly. */
  async make(): Promise<void> {
    this.parentIsNew = !existsSync(dirname(resolve(this.path)));
    await makeFolder(join(this.path, 'pictures'));
  }

  /**
   * Moves the files of a run out of the way of a new one, which may yet fail to begin.
   *
   * @param keep what stays in its place: the model, or all of it, where the same run goes on
   * @returns `restore` deletes the files that were written since and brings the old ones back; `drop` deletes those
   */
  async setAside({ keep = 'nothing' }: { keep?: 'nothing' | 'model' | 'all' } = {}) {
    const place = temporaryName(join(this.path, 'aside'));
    const isMovable = (file: string) => isOwn(file) && !isLock(file);
    const stays = (file: string) => keep === 'all' || (keep === 'model' && file.startsWith('vae/'));
    const moved = this.files().filter((file) => isMovable(file) && !stays(file));
    const move = async (from: string, to: string) => {
      for (const file of moved) {
        await makeFolder(dirname(join(to, file)));
        await rename(join(from, file), join(to, file));
      }
    };
    await move(this.path, place);
    await this.dropEmpty();
    const before = new Set(this.files());
    const drop = () => rm(place, { recursive: true, force: true });
    const restore = async () => {
      const written = this.files().filter((file) => isMovable(file) && !before.has(file));
      for (const file of written) await rm(join(this.path, file), { force: true });
      await move(place, this.path);
      await drop();
    };
    return { restore, drop };
  }

  /** Removes those of a run's folders that hold nothing, and with `self` its own too. */
  async dropEmpty({ self = false }: { self?: boolean } = {}): Promise<void> {
    for (const name of [
      'checkpoints',
      'tensorboard',
      'vae',
      ...(self ? ['pictures', '.'] : []),
      ...(self && this.parentIsNew ? ['..'] : []),
    ])
      await rmdir(join(this.path, name)).catch(() => {});
  }

  /** @throws TrainerError "run-lost" when the folder was deleted, or given to another run, since this one began */
  requireThere(): void {
    if (!existsSync(this.lock())) throw this.lost();
  }

  /** What to throw when something is gone that this run had made. */
  lost(cause?: unknown): TrainerError {
    return new TrainerError(
      'run-lost',
      `${this.path}: the run folder was deleted, moved or emptied while training, so what was trained is lost. Start again.`,
      { cause },
    );
  }

  async log(record: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await appendFile(this.metrics(), `${JSON.stringify(record)}\n`);
    } catch (error) {
      throw isMissing(error) ? this.lost(error) : fileError(error, 'write', this.metrics());
    }
  }

  /** Every record logged so far. */
  async records(): Promise<LogRecord[]> {
    if (!existsSync(this.metrics())) return [];
    // What stands behind the last line's end was cut short when a run was killed.
    const lines = (await readFile(this.metrics(), 'utf8')).split('\n').slice(0, -1);
    return lines.map((line, index) => this.parseRecord(line, index + 1));
  }

  private parseRecord(line: string, number: number): LogRecord {
    try {
      const record = JSON.parse(line) as LogRecord;
      if (typeof record.step === 'number' && typeof record.kind === 'string') return record;
    } catch {
      // Not JSON: the same mistake as JSON of something else.
    }
    throw new TrainerError(
      'bad-file',
      `${this.metrics()}: line ${number} is not a record of a run. Delete that line, or start anew with --overwrite.`,
    );
  }

  /**
   * Goes back to the checkpoint that a run goes on from: drops what was logged after it, epochs that were only begun,
   * and files that a killed process had not finished.
   */
  async rewind(step: number, stepsPerEpoch: number): Promise<void> {
    for (const file of this.files().filter((name) => UNFINISHED.test(name)))
      await rm(join(this.path, file), { force: true });
    const kept = (await this.records()).filter(
      (record) => record.step <= step && (record.kind === 'step' || record.step % stepsPerEpoch === 0),
    );
    await atomicWrite(this.metrics(), kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
}

/** A line of metrics.jsonl. */
export interface LogRecord {
  readonly kind: 'step' | 'epoch';
  readonly step: number;
  readonly epoch: number;
  readonly [field: string]: unknown;
}
