/// <reference lib="dom" />
import type { WasmOptions } from './wasm-files.js';

/**
 * Milliseconds for a start with threads, from when the .wasm file has come. Threads start from onnxruntime-web's own
 * script; where a bundler has put that into the app's only file they run the app instead, and the start would wait for
 * ever.
 */
const startMs = 30_000;

const late =
  'the runtime did not start with several threads: in a bundle that is one file they run the app instead. ' +
  'Pass threads: 1, or split the bundle (esbuild: --splitting), and reload the page';

/**
 * Rejects when a start takes longer, and never settles otherwise. The limit that onnxruntime-web has, `initTimeout`, has
 * the download in it, which may take any time. Loaded when it is needed; imports nothing, as `explainWasm` does not.
 */
export function startLimit(start: Promise<void>, wasm?: WasmOptions): Promise<never> {
  return new Promise((_, reject) => {
    let clock: ReturnType<typeof setTimeout> | undefined;
    const ignore = onArrival(wasm, () => {
      clearTimeout(clock);
      clock = setTimeout(() => reject(new Error(late)), startMs);
    });
    const end = () => {
      ignore();
      clearTimeout(clock);
    };
    start.then(end, end);
  });
}

/** Calls back when the .wasm file has come, each time it is fetched; gives what ends that. */
function onArrival({ paths, binary }: WasmOptions = {}, arrived: () => void): () => void {
  const file = (paths as { readonly wasm?: string | URL } | undefined)?.wasm;
  const { document, location } = globalThis as Partial<typeof globalThis>;
  // Browsers do not tell of what is in memory; in Node, where no location is, the file is on the disk.
  if (!location || binary || /^(data|blob):/.test(String(file))) {
    arrived();
    return () => {};
  }
  // Bundlers give the file a URL that only onnxruntime-web's script knows.
  const url = file && new URL(file, document?.baseURI ?? location.href).href;
  const isIt = ({ name }: PerformanceEntry) => (url ? name === url : name.includes('.wasm'));
  const observer = new PerformanceObserver((entries) => entries.getEntries().some(isIt) && arrived());
  observer.observe({ type: 'resource' });
  return () => observer.disconnect();
}
