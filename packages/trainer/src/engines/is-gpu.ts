/** Whether a device, by the name that an engine has for it, is a graphics card; nothing is the processor. */
export const isGpu = (device: string | undefined): boolean => device === 'cuda' || device === 'webgpu';
