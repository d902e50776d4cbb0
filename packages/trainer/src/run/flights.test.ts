import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Batch } from './batches.js';
import { type Flight, Flights } from './flights.js';

/** Milliseconds, which go by where the test says so. */
let clock: number;
beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
});
afterEach(() => void vi.restoreAllMocks());

const turn = () => new Promise(setImmediate);
const at = async (time: number, happens: () => unknown = () => {}) => {
  clock = time;
  happens();
  await turn();
};

/** Data and results that come when the test hands them over. */
function airport() {
  const arrivals: (() => void)[] = [];
  const landings: (() => void)[] = [];
  const groups: AsyncIterator<readonly Batch[]> = {
    next: () => new Promise((resolve) => arrivals.push(() => resolve({ value: [] }))),
  };
  const start = () => new Promise<[]>((resolve) => landings.push(() => resolve([])));
  const flights = new Flights(groups, start, () => false);
  return { flights, data: () => arrivals.shift()!(), result: () => landings.shift()!() };
}

const times = async (flight: Promise<Flight | undefined>) => {
  const { seconds, waited } = await (await flight)!.landing;
  return { seconds, waited };
};

describe('the time of groups', () => {
  it('is what the engine computed, and what it waited for data', async () => {
    const { flights, data, result } = airport();
    const first = flights.next();
    await at(5, data);
    await at(15, result);
    expect(await times(first)).toEqual({ seconds: 0.01, waited: 0.005 });
    // Listeners until 65, then data after 20 more.
    clock = 65;
    const second = flights.next();
    await at(85, data);
    await at(92, result);
    expect(await times(second)).toEqual({ seconds: 0.007, waited: 0.02 });
  });

  it('is not that of listeners, where a group was asked for ahead', async () => {
    const { flights, data, result } = airport();
    const first = flights.next();
    await at(0, data);
    await first;
    flights.goAhead();
    await at(2, data);
    await at(10, result);
    expect(await times(first)).toEqual({ seconds: 0.01, waited: 0 });
    // Landed while listeners are still at the first one.
    await at(18, result);
    clock = 68;
    const second = flights.next();
    flights.goAhead();
    expect(await times(second)).toEqual({ seconds: 0.008, waited: 0 });
    // The data of a third come after the second is done and asked for again.
    const third = flights.next();
    await at(70, data);
    await at(71, result);
    expect(await times(third)).toEqual({ seconds: 0.001, waited: 0.002 });
  });
});
