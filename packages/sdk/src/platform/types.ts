import type { ImageReader } from '../images/reader.js';
import type { Places } from '../load/places.js';
import type { Runtimes } from '../runtime/runtimes.js';

/** What differs between Node and browsers; `#platform` is one of the two. Each part is named by who asks for it. */
export interface Platform extends Places, Runtimes, ImageReader {}
