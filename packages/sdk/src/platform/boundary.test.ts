import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('keeps Node out of everything but its own platform', () => {
  const source = fileURLToPath(new URL('..', import.meta.url));
  const offenders = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter(
      (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/^(testing|platform\/node)/.test(path),
    )
    .filter((path) =>
      /from 'node:|import\('node:|\b(process\.\w|Buffer\.|require\()/.test(
        readFileSync(join(source, path), 'utf8'),
      ),
    );
  expect(offenders.map((path) => relative('.', path))).toEqual([]);
});
