import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Flags with which Chromium has WebGPU, computed in software. */
export const webgpuFlags = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

/**
 * Environment in which onnxruntime-node has WebGPU, computed in software, by the Vulkan driver that VAE_TEST_VULKAN
 * names (a JSON file) or that comes with Chromium. Only for processes of their own: what it does wrong takes them down.
 */
export const softwareVulkan = findSoftwareVulkan();

function findSoftwareVulkan(): NodeJS.ProcessEnv | undefined {
  const folders = ['/usr/lib/chromium', '/usr/lib64/chromium', '/opt/google/chrome', '/opt/chromium'];
  const drivers = folders.map((folder) => join(folder, 'vk_swiftshader_icd.json'));
  const driver = [process.env.VAE_TEST_VULKAN, ...drivers].find((path) => path && existsSync(path));
  if (!driver) return undefined;
  // The loader of Vulkan is beside the driver, for systems without one.
  const libraries = [dirname(driver), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: libraries };
}
