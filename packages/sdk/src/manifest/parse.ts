import * as v from 'valibot';
import { reason, VaeError } from '../errors.js';
import { plainJson } from './plain-json.js';
import { MANIFEST_VERSION, type Manifest, manifestSchema } from './schema.js';

const maximumTextBytes = 2 ** 20;

/**
 * Reads and checks a manifest. The result is a copy; it holds nothing but what the schema names.
 *
 * @param json text of at most 1 MiB, or the value parsed from it
 * @param where what to call it in errors, such as its path
 * @throws VaeError "bad-manifest" naming the key, what was expected and what came
 * @example parseManifest(await readFile('models/mnist-conv/vae.json', 'utf8'), 'mnist-conv').latent.shape // [2]
 */
export function parseManifest(json: unknown, where: string): Manifest {
  const value = plainJson(typeof json === 'string' ? parseText(json, where) : json, where);
  assertVersion(value, where);
  const result = v.safeParse(manifestSchema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  throw new VaeError('bad-manifest', `${where}: ${describe(result.issues[0])}`, {
    cause: new v.ValiError(result.issues),
  });
}

function parseText(json: string, where: string): unknown {
  if (json.length > maximumTextBytes) {
    throw new VaeError('bad-manifest', `${where}: ${json.length} characters; a manifest has at most 1 MiB.`);
  }
  try {
    // Editors on Windows begin a file with a byte order mark.
    return JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new VaeError('bad-manifest', `${where}: not JSON: ${reason(cause)}`, { cause });
  }
}

function assertVersion(value: unknown, where: string): void {
  const { format, version } = Object(value) as { format?: unknown; version?: unknown };
  if (format !== 'vae') {
    throw new VaeError('bad-manifest', `${where}: format is ${short(format)}, expected "vae".`);
  }
  if (version !== MANIFEST_VERSION) {
    throw new VaeError(
      'bad-manifest',
      `${where}: version is ${short(version)}, this package reads version ${MANIFEST_VERSION}. ` +
        'Update @vae/sdk, or export the model again.',
    );
  }
}

function describe(issue: v.BaseIssue<unknown>): string {
  const key = v.getDotPath(issue) || 'the manifest';
  if (issue.expected === 'never') return `${key} is not a known field; remove it or update @vae/sdk.`;
  if (issue.received === 'undefined') return `${key} is missing.`;
  const kind = issue.expected === 'Object' ? 'an object' : issue.expected;
  const expected = issue.message.startsWith('expected') ? issue.message : `expected ${kind}`;
  // What stands at the path: a check over several fields has the object around them as its input.
  return `${key} is ${short(issue.path?.at(-1)?.value ?? issue.input)}, ${expected}.`;
}

function short(value: unknown): string {
  const written = JSON.stringify(value) ?? 'undefined';
  return written.length > 80 ? `${written.slice(0, 77)}...` : written;
}
