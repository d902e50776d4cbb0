export { type TileOptions, tiled } from './tiled.js';
