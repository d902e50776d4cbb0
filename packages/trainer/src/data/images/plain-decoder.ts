import { decodeJpeg, decodePng, type Picture, pngSize, resize } from '@vae/sdk/media';
import { TrainerError } from '../../errors.js';
import { type ImageDecoder, pixelsError, windowError } from './decoder.js';
import { type Area, MAX_PIXELS, toPlanes, usedArea } from './plan.js';

/** Decodes PNG and JPEG without sharp, with the SDK's decoders, in the thread that calls. */
export const plainDecoder: ImageDecoder = {
  name: '@vae/sdk (PNG, JPEG)',
  kernel: 'area',
  lanes: 1,
  size: async (bytes, path) => {
    const { height, width } = await decodeAny(bytes, path);
    return [height, width];
  },
  decode: async (bytes, path, plan) => {
    const picture = await decodeAny(bytes, path);
    const area = usedArea(picture, plan);
    if (!area) throw windowError(path, [picture.height, picture.width], plan);
    const { data, channels } = resize(cut(picture, area), plan.width, plan.height);
    const planes = new Uint8Array(plan.width * plan.height * plan.channels);
    if (channels === 3) toPlanes(data, plan.channels, planes);
    else for (let c = 0; c < plan.channels; c++) planes.set(data, c * data.length);
    return planes;
  },
};

async function decodeAny(bytes: Uint8Array, path: string): Promise<Picture> {
  try {
    if (bytes[0] === 0x89) return decodeBoundedPng(bytes, path);
    if (bytes[0] === 0xff) return await decodeJpeg(bytes, path);
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    throw new TrainerError('bad-file', `images: ${(cause as Error).message}`, { cause });
  }
  throw new TrainerError(
    'bad-file',
    `images: ${path} is neither PNG nor JPEG. For other formats install sharp: npm i sharp`,
  );
}

/** The head is believed only to refuse it: a small file may say that it has any number of pixels, and hold them. */
function decodeBoundedPng(bytes: Uint8Array, path: string): Picture {
  const { width, height } = pngSize(bytes, path);
  if (width * height > MAX_PIXELS) throw pixelsError(path, height, width);
  return decodePng(bytes, path);
}

function cut({ width, channels, data }: Picture, area: Area): Picture {
  const line = area.width * channels;
  const out = new Uint8Array(area.height * line);
  for (let y = 0; y < area.height; y++) {
    const from = ((area.top + y) * width + area.left) * channels;
    out.set(data.subarray(from, from + line), y * line);
  }
  return { width: area.width, height: area.height, channels, data: out };
}
