export { describeUnread, UNREAD_PICTURES } from '../data/images/unread-pictures.js';
export { atomicFolder, atomicWrite } from '../files/atomic-write.js';
export { fileError } from '../files/file-error.js';
export { makeFolder } from '../files/make-folder.js';
export { readPlainFile } from '../files/read-plain-file.js';
export { requireWritable, requireWritableFolder } from '../files/require-writable.js';
export { counted } from '../text/counted.js';
export { nearest } from '../text/nearest.js';
export { oneLine } from '../text/one-line.js';
export { quote } from '../text/quote.js';
export {
  type NumberRange,
  parseChoice,
  parseDuration,
  parseFolder,
  parseNumber,
  parseSeed,
  parseText,
  parseWhole,
  parseWholeList,
} from './options.js';
export { createOutput, type Output } from './output.js';
export { createProgress, type Progress, type ProgressOptions, type ProgressStream } from './progress.js';
export { asksForJson, quietCommander, runCommand, type Streams, UsageError } from './run-command.js';
