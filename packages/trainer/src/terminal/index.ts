export { type AtomicFolderOptions, atomicFolder, atomicWrite } from './atomic-write.js';
export { fileError } from './file-error.js';
export { makeFolder } from './make-folder.js';
export { nearest } from './nearest.js';
export { oneLine } from './one-line.js';
export {
  type NumberRange,
  parseChoice,
  parseDuration,
  parseNumber,
  parseSeed,
  parseWhole,
  parseWholeList,
} from './options.js';
export { createOutput, type Output } from './output.js';
export { createProgress, type Progress, type ProgressOptions, type ProgressStream } from './progress.js';
export { readPlainFile } from './read-plain-file.js';
export { quietCommander, runCommand, type Streams, UsageError } from './run-command.js';
export { describeUnread, UNREAD_PICTURES } from './unread-pictures.js';
