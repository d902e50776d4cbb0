// What is said of options and runtimes that are refused. Loaded when it is needed; imports nothing, as `explainWasm` does not.

/** Devices of onnxruntime-node, which a browser cannot have. */
export const isNative = (device: unknown): boolean =>
  ['cuda', 'coreml', 'dml', 'cpu'].includes(device as string);

/** @param close the name that was probably meant */
export function unknownDevice(
  device: unknown,
  names: readonly string[],
  close: string | undefined,
  place: string,
): string {
  const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`);
  const isGpu = String(device).toLowerCase() === 'gpu';
  const meant = names.filter((name) => (isGpu ? ['cuda', 'webgpu'].includes(name) : name === close));
  const hint = meant.length > 0 ? ` Did you mean ${quoted(meant).join(' or ')}?` : '';
  const known = quoted(['auto', ...names]).join(', ');
  if (isNative(device)) {
    return `device '${device}' is not there: it needs the native runtime of Node, this is ${place}. There are ${known}.`;
  }
  return `device '${device}' is not known.${hint} There are ${known}.`;
}

/** @param why the native runtime does not work */
export const slower = (why: string): string =>
  `@vae/sdk: running on the slower wasm build of ONNX Runtime, because ${why}.`;

export function notLoaded(
  name: 'onnxruntime-node' | 'onnxruntime-web',
  place: string,
  reason: string,
): string {
  const what = `${name} did not load on ${place} (${reason.split('\n')[0]})`;
  if (/addons is disabled/.test(reason)) {
    return `${what}. Start Node without --no-addons, and where it has --permission, with --allow-addons`;
  }
  // The install script of onnxruntime-node fetches CUDA from outside the registry, and fails where that is closed.
  const setting = name === 'onnxruntime-node' ? 'ONNXRUNTIME_NODE_INSTALL=skip ' : '';
  return `${what}. Install it with: ${setting}npm i ${name}`;
}

export const notOrt = 'ort is no ONNX Runtime: pass the module of onnxruntime-node or onnxruntime-web.';

/** @param paths undefined where it is the other that is wrong */
export function wrongWasm(paths: unknown): string {
  return paths === undefined
    ? 'wasm.binary is expected to be a Uint8Array or an ArrayBuffer.'
    : `wasm.paths is ${String(paths)}, expected a URL or { mjs, wasm }.`;
}
