// What a browser says of its graphics card. Loaded when it is asked; imports nothing, as `explainWasm` does not.

interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly architecture?: string };
}

interface NavigatorWithGpu {
  readonly gpu?: { requestAdapter(): Promise<Adapter | null> };
}

const gpuOf = () => (globalThis as { navigator?: NavigatorWithGpu }).navigator?.gpu;

/** Browsers that refuse WebGPU give null or reject. */
const adapterOf = () =>
  gpuOf()
    ?.requestAdapter()
    .catch(() => null);

/** Why there is no WebGPU; undefined where there is. */
export async function lackOfGpu(): Promise<string | undefined> {
  if (!gpuOf())
    return 'this browser has no WebGPU; where one has it, only pages from https or localhost see it';
  return (await adapterOf()) ? undefined : 'the browser has WebGPU but gives no adapter for it';
}

/** Whether WebGPU is computed by the processor. */
export async function isSoftwareGpu(): Promise<boolean> {
  const { isFallbackAdapter, info } = (await adapterOf()) ?? {};
  return (
    isFallbackAdapter === true || info?.isFallbackAdapter === true || info?.architecture === 'swiftshader'
  );
}
