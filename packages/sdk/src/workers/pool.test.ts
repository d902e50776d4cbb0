import { describe, expect, it, vi } from 'vitest';
import { atOnce } from '../runtime/session/session.js';
import type { WorkerLink } from './connection.js';
import { isLost, type PooledModel, WorkerPool } from './pool.js';
import type { Question, Reply, Request, Tensors } from './protocol.js';

/** A worker whose runs end when the test says so, and whose other answers come at once unless `refuses` has a say. */
class FakeWorker implements WorkerLink {
  readonly seen: string[] = [];
  held = true;
  stopped = false;
  /** Memory that it gives back with each run. */
  spare: ArrayBuffer[] = [];
  /** What it says that an answer took. */
  ms = 1;
  /** What it takes a while for. */
  slowly: Question['kind'] | undefined;
  readonly #runs: Request[] = [];
  #message!: (reply: Reply) => void;
  #failed!: (why: string) => void;

  constructor(readonly refuses: (question: Question) => boolean = () => false) {}

  listen(message: (reply: Reply) => void, failed: (why: string) => void): void {
    this.#message = message;
    this.#failed = failed;
  }

  post(message: unknown): void {
    const { id, question } = message as Request;
    this.seen.push(question.kind + ('session' in question ? ` ${question.session}` : ''));
    if (question.kind === 'run') return void this.#runs.push(message as Request);
    const error = { code: 'bad-model' as const, message: 'refused', cause: 'why' };
    const answer = question.kind === 'start' ? { device: 'cpu' } : { inputs: [], outputs: [] };
    const reply = this.refuses(question) ? { id, error } : { id, answer, ms: this.ms };
    if (this.slowly === question.kind) setTimeout(() => this.#message(reply), 5);
    else queueMicrotask(() => this.#message(reply));
  }

  /** Ends the oldest run, with its own feeds as the outputs. */
  finish(): void {
    const { id, question } = this.#runs.shift()!;
    const { feeds } = question as Extract<Question, { kind: 'run' }>;
    this.#message({ id, answer: feeds, ms: this.ms, spare: this.spare });
  }

  say(reply: Reply): void {
    this.#message(reply);
  }

  die(): void {
    this.#failed('it ended with exit code 7');
  }

  hold(on: boolean): void {
    this.held = on;
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }
}

const bytes = new Uint8Array(3);
const feeds = (value: number): Tensors => ({ x: { data: Float32Array.of(value), shape: [1] } });
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function open(refuses?: (question: Question) => boolean) {
  const workers: FakeWorker[] = [];
  const start = () => {
    const worker = new FakeWorker(refuses);
    workers.push(worker);
    return worker;
  };
  return { workers, pool: new WorkerPool(start, {}, atOnce, 0) };
}

/** Runs that note the order in which they end. */
function runner(pool: WorkerPool) {
  const ended: string[] = [];
  const run = (model: PooledModel, value: number) =>
    pool.run(model, feeds(value)).then(
      ({ x }) => void ended.push(`${x!.data[0]}`),
      (error) => void ended.push(`${value}: ${error.code} ${error.message}`),
    );
  return { ended, run };
}

describe('the pool of workers', () => {
  it('keeps to one worker until runs overlap, then grows up to the lanes of a model', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 2);
    expect(workers.length).toBe(1);
    const { ended, run } = runner(pool);
    void run(model, 1);
    workers[0]!.finish();
    await settled();
    expect(workers.length).toBe(1);
    for (const value of [2, 3, 4, 5]) void run(model, value);
    await settled();
    expect(workers.map(({ seen }) => seen)).toEqual([
      ['start', 'create 0', 'run 0', 'run 0'],
      ['start', 'create 0', 'run 0'],
    ]);
    // First come, first served: 2 and 3 are under way, 4 goes to who is free first.
    workers[1]!.finish();
    await settled();
    workers[1]!.finish();
    await settled();
    workers[0]!.finish();
    workers[1]!.finish();
    await settled();
    expect(ended).toEqual(['1', '3', '4', '2', '5']);
    expect(workers.length).toBe(2);
  });

  it('copies feeds when it is called', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 1);
    const x = Float32Array.of(1, 2, 3).subarray(1, 2);
    const first = pool.run(model, { x: { data: x, shape: [1] } });
    const second = pool.run(model, { x: { data: x, shape: [1] } });
    x[0] = 9;
    workers[0]!.finish();
    await settled();
    workers[0]!.finish();
    expect([await first, await second].map(({ x }) => [...x!.data])).toEqual([[2], [2]]);
  });

  it('notes what runs take in a worker, by the numbers that go in', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 1);
    workers[0]!.ms = 7;
    for (let i = 0; i < 4; i++) {
      const run = pool.run(model, feeds(1));
      workers[0]!.finish();
      await run;
    }
    expect([model.pace.of(1), model.pace.of(2)]).toEqual([7, undefined]);
  });

  it('writes feeds into memory that a worker gave back', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 1);
    const spare = new ArrayBuffer(4 * 20_000);
    workers[0]!.spare = [spare];
    const large = { data: new Float32Array(20_000).fill(3), shape: [20_000] };
    const first = pool.run(model, { x: large });
    workers[0]!.finish();
    expect((await first).x!.data.buffer).not.toBe(spare);
    const second = pool.run(model, { x: large });
    workers[0]!.finish();
    const { x } = await second;
    expect(x!.data.buffer).toBe(spare);
    expect(x!.data).toEqual(large.data);
  });

  it('lets models share workers, and one that waits does not hold up another', async () => {
    const { pool, workers } = open();
    const [narrow] = await pool.create(bytes, {}, 1);
    const [wide] = await pool.create(bytes, {}, 2);
    expect(workers.map(({ seen }) => seen)).toEqual([['start', 'create 0', 'create 1']]);
    const { ended, run } = runner(pool);
    for (const value of [1, 2]) void run(narrow, value);
    void run(wide, 3);
    await settled();
    expect(workers[1]!.seen).toEqual(['start', 'create 1', 'run 1']);
    workers[1]!.finish();
    await settled();
    expect(ended).toEqual(['3']);
    const [third] = await pool.create(bytes, {}, 1);
    expect(workers[1]!.seen.at(-1)).toBe('create 2');
    expect(third.holders.size).toBe(1);
  });

  it('keeps the process alive only while something is under way', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 1);
    expect(workers[0]!.held).toBe(false);
    const run = pool.run(model, feeds(1));
    expect(workers[0]!.held).toBe(true);
    workers[0]!.finish();
    await run;
    expect(workers[0]!.held).toBe(false);
  });

  it('rejects the runs of a worker that died, and starts another for the next', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 2);
    const { ended, run } = runner(pool);
    void run(model, 1);
    workers[0]!.die();
    await settled();
    expect(ended).toEqual(['1: runtime-failed The worker stopped: it ended with exit code 7.']);
    expect(isLost(model)).toBe(false);
    void run(model, 2);
    await settled();
    workers[1]!.finish();
    await settled();
    expect(ended.at(-1)).toBe('2');
  });

  it('says that a model is lost when nothing is left to load it from', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 1);
    const { ended, run } = runner(pool);
    for (const value of [1, 2]) void run(model, value);
    workers[0]!.die();
    await run(model, 3);
    expect(isLost(model)).toBe(true);
    const lost = 'runtime-failed The worker that held the model stopped. Load the model again.';
    expect(ended.sort()).toEqual([expect.stringContaining('exit code 7'), `2: ${lost}`, `3: ${lost}`]);
    const [again] = await pool.create(bytes, {}, 1);
    void run(again, 4);
    workers[1]!.finish();
    await settled();
    expect(ended.at(-1)).toBe('4');
  });

  it('goes on with the workers it has when another cannot take the model', async () => {
    let creates = 0;
    const { pool, workers } = open(({ kind }) => kind === 'create' && ++creates > 1);
    const [model] = await pool.create(bytes, {}, 3);
    const { ended, run } = runner(pool);
    for (const value of [1, 2, 3]) void run(model, value);
    for (const _ of [1, 2, 3]) {
      await settled();
      workers[0]!.finish();
    }
    await settled();
    expect(ended).toEqual(['1', '2', '3']);
    expect(creates).toBe(2);
  });

  it('hands over what a worker says of a model that it refuses, and of its start', async () => {
    const refusing = open(({ kind }) => kind === 'create');
    const error = await refusing.pool.create(bytes, {}, 2).catch((error) => error);
    expect(error).toMatchObject({ name: 'VaeError', code: 'bad-model', message: 'refused' });
    expect(error.cause.message).toBe('why');
    await vi.waitFor(() => expect(refusing.workers[0]!.stopped).toBe(true));
    const broken = open(({ kind }) => kind === 'start');
    await expect(broken.pool.open()).rejects.toMatchObject({ message: 'refused' });
    await settled();
    expect(broken.workers[0]!.stopped).toBe(true);
    await expect(broken.pool.create(bytes, {}, 1)).rejects.toMatchObject({ message: 'refused' });
    expect(broken.workers.length).toBe(2);
  });

  it('frees a released model in every worker, refuses its waiting runs, and ends the workers after the last', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 2);
    const [other] = await pool.create(bytes, {}, 1);
    const { ended, run } = runner(pool);
    for (const value of [1, 2, 3]) void run(model, value);
    await settled();
    const released = pool.release(model);
    for (const worker of workers) worker.finish();
    await released;
    expect(workers.map(({ seen }) => seen.at(-1))).toEqual(['release 0', 'release 0']);
    expect(ended.sort()).toEqual(['1', '2', '3: disposed The session was released.']);
    expect(workers.some(({ stopped }) => stopped)).toBe(false);
    await pool.release(other);
    await vi.waitFor(() => expect(workers.map(({ stopped }) => stopped)).toEqual([true, true]));
    const [later] = await pool.create(bytes, {}, 1);
    expect([workers.length, later.holders.size]).toEqual([3, 1]);
  });

  it('waits for a worker that is just getting the model that is released', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 2);
    const { run } = runner(pool);
    for (const value of [1, 2]) void run(model, value);
    const released = pool.release(model);
    workers[0]!.finish();
    await released;
    expect(workers[1]!.seen).toEqual(['start', 'create 0', 'release 0']);
    await vi.waitFor(() => expect(workers.every(({ stopped }) => stopped)).toBe(true));
  });

  it('ends no worker that still gets a model, whichever is released first', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 2);
    const [other] = await pool.create(bytes, {}, 1);
    const { run } = runner(pool);
    for (const value of [1, 2]) void run(model, value);
    const released = [pool.release(model), pool.release(other), pool.release(model)];
    workers[0]!.finish();
    await Promise.all(released);
    expect(workers[1]!.seen).toEqual(['start', 'create 0', 'release 0']);
    expect(workers[0]!.seen.filter((kind) => kind.startsWith('release')).sort()).toEqual([
      'release 0',
      'release 1',
    ]);
    await vi.waitFor(() => expect(workers.every(({ stopped }) => stopped)).toBe(true));
  });

  it('gives up on a script that says nothing to the start, and waits for one that heard it', async () => {
    const worker = new FakeWorker();
    const posted: Request[] = [];
    worker.post = (message) => void posted.push(message as Request);
    const pool = () => new WorkerPool(() => worker, {}, atOnce, 0, 40);
    const silent = pool().open();
    // What a script of another kind may send.
    for (const message of ['hello', undefined, { id: 7 }]) worker.say(message as never);
    await expect(silent).rejects.toMatchObject({
      code: 'runtime-failed',
      message: expect.stringMatching(
        /^The script said nothing for 0.04 s, .* give workers-script.js of @vae\/sdk/,
      ),
    });
    expect(worker.stopped).toBe(true);
    const slow = pool().open();
    const { id } = posted[1]!;
    worker.say({ id, heard: true });
    await new Promise((resolve) => setTimeout(resolve, 80));
    worker.say({ id, answer: { device: 'cpu' }, ms: 80 });
    expect((await slow).device).toBe('cpu');
  });

  it('takes up a run that came while a worker was busy with another model', async () => {
    const { pool, workers } = open();
    const [model] = await pool.create(bytes, {}, 1);
    workers[0]!.slowly = 'create';
    const creating = pool.create(bytes, {}, 1);
    await settled();
    const run = pool.run(model, feeds(1));
    expect(workers[0]!.seen).toEqual(['start', 'create 0', 'create 1']);
    const [other] = await creating;
    workers[0]!.finish();
    expect((await run).x!.data[0]).toBe(1);
    workers[0]!.slowly = 'release';
    const releasing = pool.release(other);
    await settled();
    const last = pool.run(model, feeds(2));
    await releasing;
    workers[0]!.finish();
    expect((await last).x!.data[0]).toBe(2);
  });
});
