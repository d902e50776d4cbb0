/** Each part is named by who asks for it; apart, so that a bundle holds only the parts that it uses. */
export { images } from './node/images.js';
export { places } from './node/places.js';
export { host } from './node/runtimes.js';
export { workers } from './node/workers.js';
