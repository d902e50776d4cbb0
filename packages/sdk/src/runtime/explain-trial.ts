import { explainWasm } from './explain-wasm.js';
import type { WasmOptions } from './wasm-files.js';

/**
 * Why a device does not work, as a clause. Loaded when it is needed; imports nothing of what is loaded before, as
 * `explainWasm` does not.
 *
 * @param text of the error
 * @param advice what to look at on this device
 * @param web what was asked of onnxruntime-web; false where it is not that
 */
export function explainTrial(
  text: string,
  advice: string | undefined,
  web: false | { readonly wasm: WasmOptions | undefined },
): string {
  const why = firstLine(web ? explainWasm(text, web.wasm) : text);
  return `a trial run failed: ${why}${advice ? `. ${advice}` : ''}`;
}

/** Without the place in ONNX Runtime's own source that its errors start with. */
function firstLine(text: string): string {
  return text
    .split('\n')[0]!
    .replace(/^\/\S+\.(cc|h):\d+ .*? was false\. /, '')
    .replace(/\.$/, '');
}
