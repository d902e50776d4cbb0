import { VaeError } from '../errors.js';
import { scanModel } from './scan.js';

/**
 * Native ONNX Runtime reads the files that a graph names, from the folder that the process happens to be in. So a
 * model could bring any file there into its weights.
 *
 * @throws VaeError "bad-model"
 */
export function assertSelfContained(bytes: Uint8Array): void {
  const [file] = scanModel(bytes, 'the model').external;
  if (!file) return;
  throw new VaeError(
    'bad-model',
    `the graph keeps weights in another file (${JSON.stringify(file.location)}); export it as one file.`,
  );
}
