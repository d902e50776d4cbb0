import { VaeError } from '../errors.js';

const maximumDepth = 64;
const maximumValues = 200_000;
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A deep copy of a JSON value, or an error: own properties only, no keys that reach prototypes, no cycles, finite
 * numbers, bounded depth and size. Properties that are undefined are left out, as JSON does.
 *
 * @throws VaeError "bad-manifest" naming the key
 */
export function plainJson(value: unknown, where: string): unknown {
  let seen = 0;
  const fail = (path: string, text: string): never => {
    throw new VaeError('bad-manifest', `${where}: ${path || 'the manifest'} ${text}.`);
  };
  const copy = (value: unknown, path: string, depth: number): unknown => {
    if (depth > maximumDepth) fail(path, `is nested deeper than ${maximumDepth} levels`);
    if (++seen > maximumValues) fail(path, `is value number ${maximumValues + 1}; that is too many`);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number')
      return Number.isFinite(value) ? value : fail(path, `is ${value}, expected a finite number`);
    if (Array.isArray(value)) {
      // An empty list can be long, and looking at its places takes as long.
      if (value.length > maximumValues) fail(path, 'is too long');
      return value.map((item, i) => copy(item, `${path}[${i}]`, depth + 1));
    }
    if (typeof value !== 'object') return fail(path, `is a ${typeof value}, which JSON cannot hold`);
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      return fail(path, `is a ${value.constructor?.name ?? 'class instance'}, expected a plain object`);
    }
    const result: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      if (forbidden.has(key)) fail(at, 'is not allowed as a key');
      if (inner !== undefined) result[key] = copy(inner, at, depth + 1);
    }
    return result;
  };
  return copy(value, '', 0);
}
