import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** `runs/seed-cvae-20260102-030405`, with a number behind it where that exists. */
export function freshFolder(name: string): string {
  const time = new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, '')
    .replace('T', '-');
  const base = join('runs', `${name}-${time}`);
  let path = base;
  for (let i = 2; existsSync(path); i++) path = `${base}-${i}`;
  return path;
}
