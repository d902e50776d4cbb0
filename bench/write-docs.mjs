// Puts what `run.mjs --json FILE` has measured into docs/performance.md: node bench/write-docs.mjs FILE
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putSection, summaryOf } from './harness/summary.mjs';

const sections = [
  {
    name: 'training',
    heading: 'Training',
    intro:
      '`npm run bench`: samples per second of ours, and how many times as fast that is as the best variant of each peer\n' +
      '(median of the rounds, least and greatest). [bench/README.md](../bench/README.md) says what exactly is compared.',
  },
  {
    name: 'inference',
    heading: 'Encoding and decoding',
    intro: '`node bench/run.mjs --suite inference`, mnist-conv, median milliseconds of a call:',
  },
  {
    name: 'process',
    heading: 'Whole processes',
    intro: '`node bench/run.mjs --suite process`: the commands, and PyTorch scripts that do the same.',
  },
];

const [file] = process.argv.slice(2);
if (!file) {
  console.error('Name the file that `node bench/run.mjs --json FILE` has written.');
  process.exit(2);
}
const path = join(import.meta.dirname, '../docs/performance.md');
const result = JSON.parse(readFileSync(file, 'utf8'));
let document = readFileSync(path, 'utf8');
for (const section of sections) {
  const summary = summaryOf(result, section.name);
  if (!summary) continue;
  document = putSection(document, section, summary);
  console.log(`${section.heading}: written to docs/performance.md`);
}
writeFileSync(path, document);
