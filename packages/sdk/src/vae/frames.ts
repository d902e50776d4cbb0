import type { Coder } from '../coder/coder.js';
import type { DataInput } from '../coder/data-batch.js';
import type { Labels } from '../coder/labels.js';
import { assertBoolean } from '../options.js';
import { pieces } from '../stream.js';
import { countOf, type Tensor } from '../tensor.js';
import type { Calls } from './calls.js';
import { latentsOf } from './latents-of.js';
import type { From, Labelled, MaybeStreaming, Stoppable } from './vae-options.js';
import type { VerbLabels } from './verb-labels.js';
import { optionsFor, type Verb } from './verb-options.js';

/** All in one batch, or one by one. */
export type Frames = Promise<Tensor> | AsyncGenerator<Tensor>;

/** Items decoded together when they are handed out one by one. */
const framesAtOnce = 16;

/** Latents that are to be decoded, each with its label where there are any. */
interface Points {
  readonly z: Tensor;
  readonly labels: Labels | undefined;
}

/** Makes the latents of its inputs. */
type Latents = (x: DataInput, where?: string) => Promise<Tensor>;

/** What a verb over latents is told beside what is its own. */
type Common = From & Labelled & Stoppable & MaybeStreaming;

/** Decodes points of latent space for the verbs whose results may be handed out one by one. */
export class FrameDecoder {
  readonly #coder: Coder;
  readonly #calls: Calls;
  readonly #labels: VerbLabels;

  constructor(coder: Coder, calls: Calls, labels: VerbLabels) {
    this.#coder = coder;
    this.#calls = calls;
    this.#labels = labels;
  }

  /** Decodes what `points` gives, all in one batch or one by one. */
  decode<O extends Stoppable & Labelled & MaybeStreaming>(
    verb: Verb,
    options: O | undefined,
    points: (given: O) => Promise<Tensor>,
  ): Frames {
    const rows = this.#labels.rows(verb, 'label', options?.label, 'batch');
    const labelled = async (): Promise<Points> => {
      const z = await points(optionsFor(verb, options));
      return { z, labels: await rows?.next(countOf(z)) };
    };
    if (options?.stream === true) {
      return this.#oneByOne(() => this.#calls.use(labelled), options.signal);
    }
    return this.#calls.use(async () => {
      assertBoolean(options?.stream, 'stream', verb);
      const { z, labels } = await labelled();
      return this.#coder.decode(z, { signal: options?.signal }, labels);
    });
  }

  /** Decodes what `points` makes of the latents of its inputs and of the options that are its own. */
  between<O extends Common>(
    verb: Verb,
    options: O | undefined,
    points: (latents: Latents, rest: Omit<O, keyof Common>) => Promise<Tensor>,
  ): Frames {
    return this.decode(verb, options, async (given) => {
      const { from, fit, background, signal, stream, label, fromLabel, ...rest } = given;
      const ofData = await this.#labels.ofData(verb, given);
      const z = await points(
        (x, where = verb) => latentsOf(this.#coder, x, where, given, ofData?.next),
        rest,
      );
      await ofData?.atEnd();
      return z;
    });
  }

  async *#oneByOne(points: () => Promise<Points>, signal?: AbortSignal): AsyncGenerator<Tensor> {
    const { z, labels } = await points();
    const parts = labels && (await import('../coder/labels.js'));
    let next = 0;
    const decode = async (batch: Tensor) => {
      const from = next;
      next += countOf(batch);
      return this.#coder.decode(batch, { signal }, parts?.someOf(labels!, from, from + countOf(batch)));
    };
    const decoded = this.#calls.each('decode', pieces(z, framesAtOnce), { signal }, decode);
    for await (const batch of decoded as AsyncGenerator<Tensor>) {
      for (const { data, shape } of pieces(batch, 1)) {
        signal?.throwIfAborted();
        // Each frame is the caller's alone, who may hand its memory on.
        yield { data: data.slice(), shape };
      }
    }
  }
}
