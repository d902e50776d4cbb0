import type { ImageDecoder } from './decoder.js';

type Sharp = typeof import('sharp');

/** Takes sharp where it is installed; else the decoders of the SDK, which read PNG and JPEG. */
export async function createDecoder(): Promise<ImageDecoder> {
  const sharp = await loadSharp();
  if (sharp) return (await import('./sharp-decoder.js')).sharpDecoder(sharp);
  return (await import('./plain-decoder.js')).plainDecoder;
}

async function loadSharp(): Promise<Sharp['default'] | undefined> {
  try {
    return (await import('sharp')).default;
  } catch {
    // It is an optional dependency: not installed, or not for this system.
    return undefined;
  }
}
