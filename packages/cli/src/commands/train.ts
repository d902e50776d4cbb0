import type { Streams } from '@vae/trainer/terminal';

/** `vae train` is `vae-train`, with all its words. */
export async function run(argv: string[], streams: Streams): Promise<void> {
  const { main } = await import('@vae/trainer/command');
  await main(argv, streams);
}
