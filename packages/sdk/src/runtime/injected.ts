import type { RuntimeOptions } from './find-runtime.js';
import type { OrtHost } from './host.js';
import type { RuntimeParts } from './make-runtime.js';
import type { DeviceName, OrtModule } from './types.js';

/** What is known of a runtime of the caller's own. Loaded when there is one; imports nothing, as `explainWasm` does not. */
export function injected(
  host: OrtHost,
  ort: OrtModule,
  { device: asked = 'auto', threads, ownThread }: RuntimeOptions,
): Omit<RuntimeParts, 'device'> & { readonly device: DeviceName } {
  const device = asked !== 'auto' ? asked : ort.env?.versions?.web ? 'wasm' : 'cpu';
  const used = device === 'wasm' ? ort.env?.wasm?.numThreads || 1 : (threads ?? host.defaultThreads());
  const report = [{ device, chosen: true, reason: "it is what the caller's own runtime runs on" }];
  return { name: 'injected', ort, device, threads: used, report, ownThread };
}
