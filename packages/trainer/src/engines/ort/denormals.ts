import { createRequire } from 'node:module';

// Denormal numbers slow the kernels of x86 processors many times over. onnxruntime makes them zero in the thread that
// creates the first session of a process, and in no other that runs sessions, so a second training would be slower than
// the first and give other bits. On ARM it leaves them as they are, which is alike for all.

/** What of koffi is used. */
interface Libraries {
  load(path: string | null): { func(definition: string): (...args: readonly unknown[]) => number };
}

/** x86's control word MXCSR, the last of `fenv_t`: results flushed to zero (bit 15), and operands (bit 6). */
const [MXCSR, FLUSH] = [7, 0x8040];
/** `_DN_FLUSH` and `_MCW_DN` of Windows's float.h. */
const [WINDOWS_FLUSH, WINDOWS_MASK] = [0x0100_0000, 0x0300_0000];

const ways: Partial<Record<NodeJS.Platform, (koffi: Libraries) => void>> = {
  linux(koffi) {
    const library = koffi.load(null);
    const environment = new Uint32Array(MXCSR + 1);
    library.func('int fegetenv(void *)')(environment);
    environment[MXCSR] |= FLUSH;
    library.func('int fesetenv(void *)')(environment);
  },
  win32(koffi) {
    const control = koffi.load('ucrtbase.dll').func('int _controlfp_s(void *, uint32_t, uint32_t)');
    control(new Uint32Array(1), WINDOWS_FLUSH, WINDOWS_MASK);
  },
};

/**
 * Has denormal numbers count as zero in this thread from now on, its JavaScript included, whatever sessions the process
 * had before. Without koffi it is up to onnxruntime.
 */
export function countDenormalsAsZero(): void {
  if (process.arch !== 'x64') return;
  try {
    ways[process.platform]?.(createRequire(import.meta.url)('koffi') as Libraries);
  } catch {}
}
