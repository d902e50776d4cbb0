import { parentPort, workerData } from 'node:worker_threads';
import { loadRuntime } from '@vae/sdk/runtime';
import { countDenormalsAsZero } from '../denormals.js';
import { Barrier } from './barrier.js';
import { FeedMemory } from './feed-memory.js';
import type { StepPlan } from './plan.js';
import { Share } from './share.js';
import { StepMemory } from './step-memory.js';
import { takePart } from './take-part.js';

// A thread that does its share of every training step, from one barrier to the next, until it is ended. An error is
// not caught: it ends the thread, which the leading one notices.

countDenormalsAsZero();
interface MemberData {
  readonly plan: StepPlan;
  readonly memory: WebAssembly.Memory;
  readonly feeds: readonly SharedArrayBuffer[];
  readonly index: number;
}

const { plan, memory, feeds, index } = workerData as MemberData;
const all = new StepMemory(plan, memory);
const barrier = new Barrier(all.barrier, plan.members);
const fed = new FeedMemory(plan, feeds);
const share = await Share.open(await loadRuntime({ ownThread: true }), plan, all, fed, index);
parentPort!.postMessage('ready');

for (;;) await takePart(share, async () => void barrier.wait(barrier.arrive()));
