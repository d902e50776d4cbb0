import type { Runtime, Session } from '@vae/sdk/runtime';

/** Opens files on one thread each, whose times vary least, lets `use` run them, and closes them whatever happens. */
export async function withSessions<Result>(
  runtime: Pick<Runtime, 'createSession'>,
  files: readonly Uint8Array[],
  use: (sessions: readonly Session[]) => Promise<Result>,
): Promise<Result> {
  const sessions: Session[] = [];
  try {
    for (const bytes of files) sessions.push(await runtime.createSession(bytes, { threads: 1 }));
    return await use(sessions);
  } finally {
    for (const session of sessions) await session.release();
  }
}
