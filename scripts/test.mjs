// npm test: installs, checks, builds and tests. The last line counts: N passed, N failed, N skipped.
// --long runs the full counts. VAE_TEST_REQUIRE_ALL=1 makes a skipped test a failure, but for those whose name holds
// the text in VAE_TEST_MAY_SKIP.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, pnpm, root, step } from './lib.mjs';

const long = process.argv.includes('--long');
const requireAll = process.env.VAE_TEST_REQUIRE_ALL === '1';
const maySkip = process.env.VAE_TEST_MAY_SKIP;

install();
step('build');
pnpm('run', 'build');
step('check: types, lint, format');
pnpm('run', 'check');
step('test');

const folder = mkdtempSync(join(tmpdir(), 'vae-test-'));
const report = join(folder, 'report.json');
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  { cwd: root, stdio: 'inherit', env: { ...process.env, VAE_TEST_LONG: long ? '1' : '' } },
);
const { testResults, numTotalTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
rmSync(folder, { recursive: true, force: true });

const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
const count = (...kinds) => tests.filter((test) => kinds.includes(test.status)).length;
const skipped = tests.filter((test) => ['skipped', 'pending', 'todo'].includes(test.status));
for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
// A file that does not even load has no tests to count, but it has failed.
const brokenFiles = testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
);
for (const { name, message } of brokenFiles) console.log(`failed to load: ${name}: ${message}`);
const missed = requireAll ? skipped.filter(({ fullName }) => !maySkip || !fullName.includes(maySkip)) : [];
if (missed.length > 0) console.log(`${missed.length} of the skipped must run here, so they count as failed.`);
const failed = count('failed') + brokenFiles.length + missed.length;
const ok = failed === 0 && status === 0 && numTotalTestSuites > 0;
console.log(`${count('passed')} passed, ${failed} failed, ${skipped.length - missed.length} skipped`);
process.exit(ok ? 0 : 1);
