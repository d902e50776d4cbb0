import { withoutPlace } from './session/ort-words.js';
import { explainWasm } from './wasm/explain-wasm.js';
import type { WasmOptions } from './wasm/wasm-files.js';

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
  const why = withoutPlace((web ? explainWasm(text, web.wasm) : text).split('\n')[0]!).replace(/\.$/, '');
  return `a trial run failed: ${why}${advice ? `. ${advice}` : ''}`;
}
