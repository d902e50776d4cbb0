import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VaeError } from '../errors.js';
import type { Session } from '../runtime/types.js';
import { elementsOf, Pace } from './pace.js';
import { ShortRuns } from './short-runs.js';

/** The time of the clock that runs are measured by; only runs take any. */
let now = 0;

beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});

afterEach(() => {
  vi.restoreAllMocks();
});

interface Fake extends Session {
  readonly ms: (elements: number) => number;
  readonly ran: number[];
  released: boolean;
}

/** A session whose runs take what `ms` says for so many elements. */
function fake(ms: (elements: number) => number, lanes = 1): Fake {
  const session: Fake = {
    inputs: [],
    outputs: [],
    lanes,
    lost: false,
    ms,
    ran: [],
    released: false,
    async run({ x }) {
      if (session.released) throw new VaeError('disposed', 'The session was released.');
      session.ran.push(x!.data.length);
      await Promise.resolve();
      now += ms(x!.data.length);
      return { y: x! };
    },
    async release() {
      session.released = true;
    },
  };
  return session;
}

const feeds = (elements: number) => ({ x: { data: new Float32Array(elements), shape: [elements] } });

/** What the workers' runs take, as the pool notes it. */
function noted(there: Session, ms: (elements: number) => number): [Session, Pace] {
  const pace = new Pace();
  const run: Session['run'] = async (feeds, fetches) => {
    const outputs = await there.run(feeds, fetches);
    pace.add(elementsOf(feeds), ms(elementsOf(feeds)));
    return outputs;
  };
  return [{ ...there, run }, pace];
}

/** Both sides, and a batch run as `Half` runs it: in as many parts as the chosen session has lanes. */
function sides(there: Fake, here: Fake) {
  const opened = vi.fn(async () => here as Session);
  const session = new ShortRuns(...noted(there, there.ms), opened);
  const batch = async (elements: number) => {
    const chosen = session.sessionFor!(elements);
    const part = Math.ceil(elements / chosen.lanes);
    await Promise.all(Array.from({ length: chosen.lanes }, () => chosen.run(feeds(part))));
  };
  const batches = async (elements: number, count: number) => {
    for (let i = 0; i < count; i++) await batch(elements);
  };
  return { session, opened, batch, batches };
}

describe('short runs', () => {
  it('move to the calling thread after some of them, in one piece', async () => {
    const [there, here] = [fake(() => 1, 2), fake(() => 1)];
    const { opened, batches } = sides(there, here);
    // Four runs of 16, two batches, tell that they are short, and eight short ones are waited for.
    await batches(32, 9);
    expect(opened).not.toHaveBeenCalled();
    await batches(32, 1);
    expect([there.ran.length, here.ran.length]).toEqual([20, 0]);
    await batches(32, 5);
    expect([there.ran.length, here.ran]).toEqual([20, [32, 32, 32, 32, 32]]);
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it('are told from long ones by what they take, size by size', async () => {
    const [there, here] = [fake((elements) => elements / 4), fake((elements) => elements / 4)];
    const { opened, batches } = sides(there, here);
    await batches(32, 50);
    expect(opened).not.toHaveBeenCalled();
    await batches(16, 4 + 8 + 3);
    expect(here.ran).toEqual([16, 16, 16]);
    await batches(32, 3);
    expect([here.ran.length, there.ran.at(-1)]).toEqual([3, 32]);
  });

  it('are tried where all parts, one after another, take less than twice the bound, and stay within it', async () => {
    // Two parts of 3.5 ms may be 7 ms in one thread; 3.3 was measured. Two of 4 may be 8, which is not tried.
    for (const [part, whole, batchesHere] of [
      [3.5, 3.3, 20],
      [3.5, 4.1, 4],
      [4, 3.3, 0],
    ] as const) {
      const [there, here] = [fake(() => part, 2), fake(() => whole)];
      const { batches } = sides(there, here);
      await batches(32, 2 + 8 + 20);
      expect(here.ran.length).toBe(batchesHere);
    }
  });

  it('go back when they turn out long in the calling thread, and are tried again at times', async () => {
    const [there, here] = [fake(() => 2), fake(() => 5)];
    const { batches } = sides(there, here);
    // Four to know the workers, eight that wait for the session, four to know the calling thread.
    await batches(32, 4 + 8 + 4);
    expect(here.ran.length).toBe(4);
    await batches(32, 100);
    expect(here.ran.length).toBe(4);
    await batches(32, 10);
    expect(here.ran.length).toBe(8);
  });

  it('stay where they are clearly faster', async () => {
    // The clock goes on by both parts of a batch before either is heard of: they are waited for 1, and 1.5 is the limit.
    for (const [ms, expected] of [
      [1.49, 20],
      [1.51, 4],
    ] as const) {
      const [there, here] = [fake(() => 0.5, 2), fake(() => ms)];
      const { batches } = sides(there, here);
      await batches(32, 2 + 8 + 20);
      expect([here.ran.length, there.ran.length]).toEqual([expected, 2 * (30 - expected)]);
    }
  });

  it('that overlap are left to the workers', async () => {
    const [there, here] = [fake(() => 1), fake(() => 1)];
    const { batch, batches } = sides(there, here);
    await batches(8, 14);
    const before = [there.ran.length, here.ran.length];
    await Promise.all([batch(8), batch(8), batch(8)]);
    expect([there.ran.length, here.ran.length]).toEqual([before[0]! + 2, before[1]! + 1]);
    await batch(8);
    expect(here.ran.length).toBe(before[1]! + 2);
  });

  it('stay in workers where the calling thread gets no session, which is asked for once', async () => {
    const there = fake(() => 1);
    const open = vi.fn(() => Promise.reject(new Error('no native code here')));
    const session = new ShortRuns(...noted(there, there.ms), open);
    for (let i = 0; i < 30; i++) await session.sessionFor!(8).run(feeds(8));
    expect([there.ran.length, open.mock.calls.length]).toEqual([30, 1]);
  });

  it('that fail reject and tell nothing about the time', async () => {
    const there = fake(() => 1);
    const failing = { ...there, run: () => Promise.reject(new VaeError('runtime-failed', 'no')) };
    const open = vi.fn(async () => there as Session);
    const session = new ShortRuns(...noted(failing, there.ms), open);
    for (let i = 0; i < 30; i++) await expect(session.sessionFor!(8).run(feeds(8))).rejects.toThrow('no');
    expect(open).not.toHaveBeenCalled();
  });
});

describe('the release of a session with short runs', () => {
  it('frees both sides after the run that is under way, and refuses further ones', async () => {
    const [there, here] = [fake(() => 1), fake(() => 1)];
    const { session, batches } = sides(there, here);
    await batches(8, 14);
    const chosen = session.sessionFor!(8);
    expect(chosen).not.toBe(session);
    const last = chosen.run(feeds(8));
    const released = session.release();
    expect([there.released, here.released]).toEqual([true, false]);
    await last;
    await released;
    expect(here.released).toBe(true);
    await expect(chosen.run(feeds(8))).rejects.toMatchObject({ code: 'disposed' });
    expect(session.sessionFor!(8)).toBe(session);
  });

  it('waits for the session that is just being made', async () => {
    const [there, here] = [fake(() => 1), fake(() => 1)];
    let made!: (session: Session) => void;
    const session = new ShortRuns(
      ...noted(there, there.ms),
      () => new Promise((resolve) => (made = resolve)),
    );
    for (let i = 0; i < 12; i++) await session.sessionFor!(8).run(feeds(8));
    const released = session.release();
    made(here);
    await released;
    expect(here.released).toBe(true);
  });

  it('says that the workers lost the graph', () => {
    const there = fake(() => 1);
    const session = new ShortRuns({ ...there, lost: true }, new Pace(), async () => there);
    expect(session.lost).toBe(true);
  });
});
