import type { Platform } from './types.js';
import { images } from './web/images.js';
import { places } from './web/places.js';
import { runtimes } from './web/runtimes.js';

export const platform: Platform = { ...places, ...runtimes, ...images };
