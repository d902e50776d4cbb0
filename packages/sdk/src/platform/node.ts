/** Each part is named by who asks for it; apart, so that a bundle holds only the parts that it uses. */

export { host } from './node/host.js';
export { images } from './node/images.js';
export { places } from './node/places.js';
export { workers } from './node/workers.js';
