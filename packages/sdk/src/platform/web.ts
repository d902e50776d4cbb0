/** Each part is named by who asks for it; apart, so that a bundle holds only the parts that it uses. */
export { images } from './web/images.js';
export { places } from './web/places.js';
export { host } from './web/runtimes.js';
export { workers } from './web/workers.js';
