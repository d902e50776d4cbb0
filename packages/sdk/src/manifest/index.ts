export { isVaeError, VaeError } from '../errors.js';
export { byInformation, codesOf } from './codes.js';
export { denormalized, type Normalization, normalized } from './normalize.js';
export { parseManifest } from './parse.js';
export {
  type ImagePreparation,
  MANIFEST_FILE,
  MANIFEST_VERSION,
  MAX_COLUMN_CHARACTERS,
  MAX_COLUMNS,
  type Manifest,
  manifestSchema,
} from './schema.js';
