import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from '../errors.js';
import { atomicWrite } from '../terminal/atomic-write.js';
import { fileError } from '../terminal/file-error.js';

/** Everything a run may leave in its folder; nothing else is ever deleted. */
const OWN = ['recipe.json', 'metrics.jsonl', 'checkpoints', 'pictures', 'report.html', 'vae'];

/** Names and writes the files of one run. */
export class RunFolder {
  constructor(readonly path: string) {}

  readonly recipe = () => join(this.path, 'recipe.json');
  readonly metrics = () => join(this.path, 'metrics.jsonl');
  readonly checkpoint = (which: 'last' | 'best') => join(this.path, 'checkpoints', `${which}.zip`);
  readonly picture = (name: string) => join(this.path, 'pictures', name);
  readonly report = () => join(this.path, 'report.html');
  readonly model = () => join(this.path, 'vae');

  /** True when the folder holds a run already. */
  holdsRun(): boolean {
    return OWN.some((name) => existsSync(join(this.path, name)));
  }

  /**
   * Makes the folder ready for a new run.
   *
   * @throws TrainerError "run-exists" when it holds one and `overwrite` is not set, or holds something else;
   * UsageError when the system refuses
   */
  async start(options: { overwrite: boolean }): Promise<void> {
    try {
      await this.prepare(options);
    } catch (error) {
      throw fileError(error, 'write', this.path);
    }
  }

  private async prepare({ overwrite }: { overwrite: boolean }): Promise<void> {
    if (this.holdsRun() && !overwrite)
      throw new TrainerError(
        'run-exists',
        `${this.path}: holds a run already. Add --resume ${this.path} to go on with it, --overwrite to replace it, or choose another --out.`,
      );
    const foreign = existsSync(this.path) ? readdirSync(this.path).filter((name) => !OWN.includes(name)) : [];
    if (foreign.length > 0)
      throw new TrainerError(
        'run-exists',
        `${this.path}: holds ${foreign[0]}, which is not part of a run. Choose an empty or new folder for --out.`,
      );
    for (const name of OWN) await rm(join(this.path, name), { recursive: true, force: true });
    await mkdir(join(this.path, 'pictures'), { recursive: true });
  }

  async log(record: Readonly<Record<string, unknown>>): Promise<void> {
    await appendFile(this.metrics(), `${JSON.stringify(record)}\n`);
  }

  /** Every record logged so far. */
  async records(): Promise<LogRecord[]> {
    if (!existsSync(this.metrics())) return [];
    // What stands behind the last line's end was cut short when a run was killed.
    const lines = (await readFile(this.metrics(), 'utf8')).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogRecord);
  }

  /** Drops what was logged after the checkpoint that a run goes on from, and epochs that were only begun. */
  async rewind(step: number, stepsPerEpoch: number): Promise<void> {
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
