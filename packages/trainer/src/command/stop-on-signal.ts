import { constants } from 'node:os';

type Signal = 'SIGINT' | 'SIGTERM';

/**
 * Ends this process as the signal would have done without a listener. `process.exit` would wait for the threads, and
 * stopping one inside a native computation makes the process crash.
 */
function dieOf(name: Signal): never {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
  // The first process of a container has no default way to die of a signal.
  process.exit(128 + constants.signals[name]);
}

/** Aborts at the first SIGINT or SIGTERM, so that what runs can end in order, and ends the process at the second. */
export function stopOnSignal(): { signal: AbortSignal; exitCode(): number; dispose(): void } {
  const controller = new AbortController();
  let code = 0;
  const stop = (name: Signal) => {
    if (controller.signal.aborted) dieOf(name);
    code = 128 + constants.signals[name];
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return {
    signal: controller.signal,
    exitCode: () => code,
    dispose: () => void process.off('SIGINT', stop).off('SIGTERM', stop),
  };
}
