// What a browser says of its graphics card. Loaded when it is asked; imports nothing, as `explainWasm` does not.

interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly architecture?: string };
}

interface NavigatorWithGpu {
  readonly gpu?: { requestAdapter(): Promise<Adapter | null> };
}

const gpuOf = () => (globalThis as { navigator?: NavigatorWithGpu }).navigator?.gpu;

/** Why there is no WebGPU; undefined where there is. */
export async function lackOfGpu(): Promise<string | undefined> {
  const gpu = gpuOf();
  if (!gpu) return 'this browser has no WebGPU; where one has it, only pages from https or localhost see it';
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter ? undefined : 'the browser has WebGPU but gives no adapter for it';
}

/** Whether WebGPU is computed by the processor. */
export async function isSoftwareGpu(): Promise<boolean> {
  const adapter = await gpuOf()
    ?.requestAdapter()
    .catch(() => null);
  const { isFallbackAdapter, info } = adapter ?? {};
  return (
    isFallbackAdapter === true || info?.isFallbackAdapter === true || info?.architecture === 'swiftshader'
  );
}
