import type { OrtSession, Runtime } from '@vae/sdk/runtime';
import { TrainerError } from '../../errors.js';

/** A failure of the runtime, as the user is told it. */
export const failed = (what: string, cause: unknown): TrainerError =>
  new TrainerError('engine-failed', `onnxruntime: ${what} failed (${(cause as Error).message}).`, { cause });

/**
 * Loads a program.
 *
 * @param threads that one run of it is split over; 1 leaves it to the calling thread alone
 * @param spins whether these keep their processors for a while after a run, so that the next one finds them awake
 * @throws TrainerError "engine-failed" naming the program
 */
export async function createSession(
  { ort, device }: Runtime,
  name: string,
  bytes: Uint8Array,
  { threads, spins = true }: { readonly threads: number; readonly spins?: boolean },
): Promise<OrtSession> {
  try {
    return await ort.InferenceSession.create(bytes, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableCpuMemArena: true,
      enableMemPattern: true,
      logSeverityLevel: 4,
      // Trained weights and second moments decay into denormals, which slow CPU kernels many times over.
      extra: {
        session: {
          set_denormal_as_zero: '1',
          force_spinning_stop: spins ? '0' : '1',
          // CUDA's fast sums of rows add in the order in which their blocks end, and the same seed gives other bits.
          ...(device === 'cuda' && { use_deterministic_compute: '1' }),
        },
      },
    });
  } catch (cause) {
    throw failed(`loading the program "${name}"`, cause);
  }
}
