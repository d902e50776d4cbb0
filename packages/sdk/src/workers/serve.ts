import { VaeError } from '../errors.js';
import { findRuntime } from '../runtime/find-runtime.js';
import type { OrtHost } from '../runtime/host.js';
import type { Runtime, Session } from '../runtime/types.js';
import {
  type Answers,
  memoryOf,
  packError,
  type Question,
  type Reply,
  type Request,
  spareOf,
} from './protocol.js';

/** Stands around everything that runs native code, so that a process does not end in the middle of it. */
export interface Gate {
  enter(): Promise<void>;
  leave(): void;
}

type Post = (reply: Reply, transfer: ArrayBuffer[]) => void;
type Of<Kind extends Question['kind']> = Extract<Question, { kind: Kind }>;

/** The worker's side: gives what to do with each message. Questions are answered one after another. */
export function serve(host: OrtHost, gate: Gate, post: Post): (request: Request) => void {
  let runtime: Runtime;
  const sessions = new Map<number, Session>();

  const answers: { [Kind in Question['kind']]: (question: Of<Kind>) => Promise<Answers[Kind]> } = {
    async start({ options }) {
      runtime = await findRuntime(host, { ...options, ownThread: true });
      const { name, version, device, report } = runtime;
      return { name, version, device, report };
    },
    async create({ session, bytes, options }) {
      const made = await runtime.createSession(bytes, options);
      sessions.set(session, made);
      return { inputs: made.inputs, outputs: made.outputs };
    },
    async run({ session, feeds, fetches }) {
      const made = sessions.get(session);
      if (!made) throw new VaeError('disposed', 'The session was released.');
      return made.run(feeds, fetches);
    },
    async release({ session }) {
      await sessions.get(session)?.release();
      sessions.delete(session);
      return undefined;
    },
  };

  async function reply({ id, question }: Request): Promise<void> {
    await gate.enter();
    const started = performance.now();
    try {
      const answer = await (answers[question.kind] as (question: Question) => Promise<unknown>)(question);
      const spare = spareOf(question, answer);
      const ms = performance.now() - started;
      post({ id, answer, ms, spare }, [...memoryOf(question, answer), ...spare]);
    } catch (error) {
      post({ id, error: packError(error) }, []);
    } finally {
      gate.leave();
    }
  }

  let last = Promise.resolve();
  return (request) => {
    if (request.question.kind === 'start') post({ id: request.id, heard: true }, []);
    last = last.then(() => reply(request));
  };
}
