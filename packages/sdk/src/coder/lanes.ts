/** Items `from` to `to` (exclusive) of a batch. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

/**
 * Works through chunks, at most `lanes` at a time. After a failure no further one starts, and it is reported once
 * nothing runs any more, so that a session is never let go of under a run.
 */
export async function inLanes(
  chunks: readonly Chunk[],
  lanes: number,
  work: (chunk: Chunk) => Promise<void>,
): Promise<void> {
  const queue = chunks.values();
  let failed = false;
  const lane = async () => {
    for (const chunk of queue) {
      if (failed) return;
      await work(chunk).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, chunks.length) }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
