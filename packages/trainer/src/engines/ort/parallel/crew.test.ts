import { existsSync } from 'node:fs';
import { loadRuntime } from '@vae/sdk/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { buildPrograms, initialState } from '../../../programs.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../../../testing/tiny-training.js';
import { builtFile } from '../../thread/built-file.js';
import { Crew } from './crew.js';
import { FeedMemory } from './feed-memory.js';
import { canBePlain } from './plain-memory.js';
import { planStep, type StepPlan } from './plan.js';
import { Share } from './share.js';
import { StepMemory } from './step-memory.js';
import { takePart } from './take-part.js';

const isBuilt = existsSync(builtFile('ort/parallel/member.js'));
const programs = buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE);
const plan = planStep('train', programs.train, initialState(programs, 0), {
  threads: 2,
  plain: canBePlain(),
})!;

describe.skipIf(!isBuilt)('the threads of a step (needs a build of the trainer)', () => {
  let crew: Crew | undefined;
  afterEach(() => crew?.close());

  /** A leading thread whose companion has another plan than it has. */
  function start(other: StepPlan) {
    const memory = new StepMemory(plan, StepMemory.allocate(plan));
    const feeds = new FeedMemory(plan, FeedMemory.allocate(plan, 1));
    crew = new Crew(other, memory, feeds);
    return { crew, memory, feeds };
  }

  it('say that one of them could not start', async () => {
    const { crew } = start({ ...plan, model: Uint8Array.of(1, 2, 3) });
    const gone = {
      name: 'TrainerError',
      code: 'engine-failed',
      message: expect.stringMatching(
        /^A thread of the engine stopped with an error \(onnxruntime: loading the program "train" failed/,
      ),
    };
    await expect(crew.open()).rejects.toMatchObject(gone);
    await expect(crew.meet()).rejects.toMatchObject(gone);
  });

  it('say that a run failed in one of them, and do not wait for it', async () => {
    const sideways = plan.feeds.map((feed) => ({ ...feed, dims: [...feed.dims].reverse() }));
    const { crew, memory, feeds } = start({ ...plan, feeds: sideways });
    await crew.open();
    const share = await Share.open(await loadRuntime(), plan, memory, feeds, 0);
    await expect(takePart(share, () => crew.meet())).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message: expect.stringMatching(
        /^A thread of the engine stopped with an error \(onnxruntime: running the program "train" failed/,
      ),
    });
    await share.dispose();
  });
});
