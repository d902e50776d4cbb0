import { TrainerError } from '../errors.js';
import { systemReason } from '../files/system-reason.js';
import { oneLine } from '../text/one-line.js';
import type { ToolOutcome } from './tool.js';

/** Where a set-up goes when its own folder cannot take it. */
export const otherCache = 'Choose another folder with the environment variable VAE_CACHE.';

/** Something that the user can mend stands in the way of a set-up. */
export function setupError(message: string, cause?: unknown): TrainerError {
  return new TrainerError('setup-failed', oneLine(message), cause === undefined ? undefined : { cause });
}

const causes: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /no space left on device|disk quota exceeded|\b(ENOSPC|EDQUOT)\b/i,
    'the disk is full. Make room, or choose a folder on another disk with the environment variable VAE_CACHE.',
  ],
  [
    new RegExp(
      [
        'name resolution|resolve host|dns error|failed to fetch|error sending request|network is unreachable',
        'connection (refused|reset|timed out)|(connect|read) ?timeout|newconnectionerror|proxyerror|sslerror',
        '\\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)\\b',
      ].join('|'),
      'i',
    ),
    'the network did not answer as expected. Check the connection, the proxy and the package index, then run this again.',
  ],
  [
    /no matching distribution|no wheels? with a matching|no solution found|could not find a version/i,
    'there is no build of a package for this Python and machine.',
  ],
];

/**
 * The error for a tool that failed: what was tried, why in our words where the reason is a known one, and the last that the
 * tool itself said.
 *
 * @param what for example "pip could not install tensorflow-cpu==2.21.0"
 */
export function toolError(what: string, { output, error, endedBy, code }: ToolOutcome): TrainerError {
  if (error) return setupError(`${what}: ${systemReason(error) ?? error.message}.`, error);
  const said = lastWords(output);
  const known = causes.find(([pattern]) => pattern.test(output));
  const end = endedBy ? `ended by ${endedBy}` : `exit code ${code}`;
  const reason = known?.[1] ?? `${end}.`;
  return setupError(`${what}: ${reason}${said === '' ? '' : ` It said: ${said}`}`);
}

const MOST_CHARACTERS = 400;

/** A compiler stumbles over its first error again and again. */
const compilerError = /: (fatal )?error: /i;
/** How pip, uv, npm and node-gyp begin what matters. */
const toolsError = /^(error:|cause:|npm error (?!.*complete log)|gyp ERR! stack (?!at )|\w*Error: )/i;

/** Of a tool's output what says most about its failure: at most three lines, as one. */
export function lastWords(output: string): string {
  const lines = output
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const compiler = lines.find((line) => compilerError.test(line));
  const errors = lines.filter((line) => toolsError.test(line));
  const chosen = compiler ?? (errors.length > 0 ? errors : lines).slice(-3).join(' / ');
  return chosen.length > MOST_CHARACTERS ? `${chosen.slice(0, MOST_CHARACTERS)}…` : chosen;
}

/** Turns an error of the file system in the cache folder into one for the user; any other comes back unchanged. */
export function cacheError(error: unknown, folder: string): unknown {
  if (error instanceof TrainerError && error.code === 'bad-file') {
    return setupError(`${error.message} ${otherCache}`, error);
  }
  const reason = systemReason(error);
  if (reason === undefined) return error;
  return setupError(`The cache folder cannot be used: ${reason} ("${folder}"). ${otherCache}`, error);
}
