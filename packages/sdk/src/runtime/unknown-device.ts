/**
 * Says what devices there are. Loaded when it is needed; imports nothing, as `explainWasm` does not.
 *
 * @param close the name that was probably meant
 */
export function unknownDevice(device: unknown, names: readonly string[], close: string | undefined): string {
  const gpu = String(device).toLowerCase() === 'gpu' ? ` Did you mean 'cuda' or 'webgpu'?` : '';
  const hint = gpu || (close ? ` Did you mean '${close}'?` : '');
  const known = ['auto', ...names].map((name) => `'${name}'`).join(', ');
  return `device '${device}' is not known.${hint} There are ${known}.`;
}
