import { TrainerError } from '../../errors.js';
import type { Programs } from '../../programs.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';

/**
 * Refuses a checkpoint whose networks are not those that its recipe makes now: an earlier version made others of it, such as
 * encoders of conditional models that are not told the class.
 *
 * @throws TrainerError "bad-file" naming the weights that the checkpoint lacks
 */
export function requireSameNetworks(
  { state }: Checkpoint,
  { parameters }: Pick<Programs, 'parameters'>,
  out: string,
): void {
  const missing = [...parameters.keys()].find((name) => !(name in state));
  if (missing === undefined) return;
  throw new TrainerError(
    'bad-file',
    `${out}: the checkpoint has no weights "${missing}", which the networks of its recipe have now; an earlier version of ` +
      '@vae/trainer made it. Start a new run with another --out and without --resume, or go on with that version.',
  );
}
