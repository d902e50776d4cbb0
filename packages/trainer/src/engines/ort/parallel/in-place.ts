import type { OrtSession, OrtTensor } from '@vae/sdk/runtime';
import type { OnnxModel } from '../../../onnx/model.js';

// onnxruntime-node writes the outputs into the arrays that it is given, and then copies all of them once more for the
// results that it returns: a sixth of the training step of a dense network. A sequence is the one kind of output that it
// cannot return. Asked for one before the others, it computes and writes everything, and then refuses before its first copy.

const REFUSED = 'refused';
const refusal = /non tensor type/i;
/** Bits that no computation gives: a NaN with a payload. */
const UNWRITTEN = 0x7fc5_a5a5;

/**
 * The model with a sequence before its outputs, for a session that is run by `InPlaceRuns`.
 *
 * @param witness name of an output that the sequence is made of; a small one, since it is copied
 */
export function withRefusedOutput(model: OnnxModel, witness: string): OnnxModel {
  const node = { op: 'SequenceConstruct', inputs: [witness], outputs: [REFUSED], attributes: {} };
  return {
    ...model,
    nodes: [...model.nodes, node],
    outputs: [{ name: REFUSED, dims: [], sequence: true }, ...model.outputs],
  };
}

/** Runs of a session whose outputs are nowhere but in the arrays that are given for them. */
export class InPlaceRuns {
  private refuses = true;

  constructor(private readonly session: Pick<OrtSession, 'run'>) {}

  /**
   * Runs once. Where the runtime refuses otherwise than it is known to, what it returns is copied as ever.
   *
   * @param fetches arrays for all outputs that are wanted
   * @param witness one of these arrays, which is seen to be written
   */
  async run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor>>,
    witness: Float32Array,
  ): Promise<void> {
    if (this.refuses) {
      const bits = new Uint32Array(witness.buffer, witness.byteOffset, 1);
      bits[0] = UNWRITTEN;
      const refused = await this.session.run(feeds, { [REFUSED]: null, ...fetches }).then(
        () => true,
        (error: Error) => refusal.test(error.message),
      );
      if (refused && bits[0] !== UNWRITTEN) return;
      this.refuses = false;
    }
    await this.session.run(feeds, fetches);
  }
}
