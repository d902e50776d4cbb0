export {
  type ExportModelOptions,
  type ExportResult,
  exportModel,
  type ModelFormat,
  modelFormats,
} from './export-model.js';
export { type ExporterName, exporters } from './exporters.js';
export { type ModelFolder, writeModelFolder } from './model-folder.js';
