export { type Dtype, dtypes } from './dtypes.js';
export {
  type ExportModelOptions,
  type ExportResult,
  exportModel,
  type ModelFormat,
  type ModelLayout,
  modelFormats,
  modelLayouts,
} from './export-model.js';
export { type ExporterName, exporters } from './exporters.js';
export { type ModelFolder, writeModelFolder } from './model-folder.js';
export type { HalfPrecision, OutputError, Precision } from './precision.js';
