import { VAE } from '@vae/sdk';
import { encodePng, grid } from '@vae/sdk/media';

// Kept over reloads of this file while developing.
globalThis.vae ??= VAE.load('mnist-conv');

/** GET /sample?seed=1: a grid of sixteen samples. */
export async function GET(request) {
  const seed = Number(request.nextUrl.searchParams.get('seed') ?? 0);
  if (!Number.isSafeInteger(seed) || seed < 0)
    return new Response('seed is a whole number.', { status: 400 });
  const vae = await globalThis.vae;
  const png = encodePng(grid(await vae.sample(16, { seed, signal: request.signal })));
  return new Response(png, { headers: { 'content-type': 'image/png' } });
}
