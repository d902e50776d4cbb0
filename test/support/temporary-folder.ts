import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Once, around all tests: a temporary folder of the run's own. What is left there goes with it: ONNX Runtime's empty
 * mat-debug-*.log for each process, and folders of test files whose tests were all filtered out, as no hook runs then.
 */
export default function temporaryFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'vae-tests-'));
  // The first on Linux and macOS, the others on Windows.
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
