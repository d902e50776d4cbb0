import { createHash } from 'node:crypto';
import type { Expected } from '../../load/places.js';
import { places } from '../../platform/node/places.js';

/** Reads one file of a model and prints its checksum; run as a process of its own by the tests of the cache. */
const [source, endpoint, cache, name, expected] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const folder = await places.openFolder(source, { cache, hub: { endpoint } });
const bytes = await folder.read(name, JSON.parse(expected) as Expected);
console.log(createHash('sha256').update(bytes).digest('hex'));
