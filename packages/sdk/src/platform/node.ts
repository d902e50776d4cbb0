import { images } from './node/images.js';
import { places } from './node/places.js';
import { runtimes } from './node/runtimes.js';
import type { Platform } from './types.js';

export const platform: Platform = { ...places, ...runtimes, ...images };
