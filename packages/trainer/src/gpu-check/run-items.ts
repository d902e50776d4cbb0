import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { CheckOptions, Finding } from './finding.js';
import type { Item } from './items.js';

const MAX_MS = 15 * 60_000;

export interface Checked {
  readonly item: Item;
  readonly finding: Finding;
}

/** A process starts from a built file, wherever this code was loaded from. */
const childFile = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json')),
    'dist/gpu-check/child.js',
  );

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!.trim();

/** What a child that ended without an answer is a finding of. */
function crash(code: number | null, signal: NodeJS.Signals | null, stderr: string): Finding {
  const how = signal ? `killed by ${signal}` : `exit code ${code}`;
  const said = lastLine(stderr);
  return {
    verdict: 'fail',
    detail: `the process of this check ended (${how})${said ? `: ${said.slice(0, 200)}` : ''}`,
    advice: 'Please report this with the table',
  };
}

function parse(stdout: string): Finding | undefined {
  try {
    return JSON.parse(lastLine(stdout)) as Finding;
  } catch {
    return undefined;
  }
}

/** Runs one check in a process of its own; whatever becomes of that is a finding. */
export function runItem(
  id: string,
  options: CheckOptions,
  {
    file = childFile(),
    signal,
    timeoutMs = MAX_MS,
  }: { file?: string; signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<Finding> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, id, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      killSignal: 'SIGKILL',
      timeout: timeoutMs,
      signal,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, killed) =>
      resolve((code === 0 ? parse(stdout) : undefined) ?? crash(code, killed, stderr)),
    );
  });
}

/** An item whose basis did not pass is not tried. The cause and what to do about it stand with the basis, once. */
function waiting({ needs }: Item, done: ReadonlyMap<string, Checked>): Finding | undefined {
  const basis = needs === undefined ? undefined : done.get(needs);
  if (!basis || basis.finding.verdict === 'pass') return undefined;
  const why = basis.finding.verdict === 'absent' ? 'is absent' : 'failed';
  return { verdict: 'absent', detail: `not tried, because "${basis.item.title}" ${why}` };
}

/** Runs all items one after another; `onFinding` hears of each. */
export async function runItems(
  items: readonly Item[],
  look: (item: Item) => Promise<Finding>,
  onFinding: (checked: Checked) => void = () => {},
): Promise<Checked[]> {
  const done = new Map<string, Checked>();
  for (const item of items) {
    const checked = { item, finding: waiting(item, done) ?? (await look(item)) };
    done.set(item.id, checked);
    onFinding(checked);
  }
  return [...done.values()];
}
