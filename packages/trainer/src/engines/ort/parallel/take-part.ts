import type { Share } from './share.js';

/**
 * One training step, as every thread goes through it.
 *
 * @param meet resolves when all threads have come to the same place
 */
export async function takePart(share: Share, meet: () => Promise<void>): Promise<void> {
  // The leading thread has written what is fed, and the parameters are those of the last step.
  await meet();
  share.refresh();
  await share.computeGradients();
  const levels = share.beginUpdate();
  // The last level has numbers only, so nobody writes an array after the last meeting.
  for (let level = 0; level < levels; level++) {
    await meet();
    share.updateLevel(level);
  }
}
