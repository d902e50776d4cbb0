/** Each part is named by who asks for it; apart, so that a bundle holds only the parts that it uses. */

export { host } from './web/host.js';
export { images } from './web/images.js';
export { places } from './web/places.js';
export { workers } from './web/workers.js';
