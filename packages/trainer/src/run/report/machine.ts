import { arch, cpus, homedir, platform } from 'node:os';

export type Fact = readonly [name: string, value: string];

/** The machine that runs this, without anything that names it or its owner. */
export function machineFacts(versions: Readonly<Record<string, string>> = {}): Fact[] {
  const cores = cpus();
  const { node, v8 } = process.versions;
  return [
    ['CPU', cores[0]?.model.trim() || 'unknown'],
    ['cores', String(cores.length || 'unknown')],
    ['platform', `${platform()} ${arch()}`],
    ...Object.entries({ node, v8, ...versions }),
  ];
}

/** A report is passed on, and a path below the home folder tells who made it: "~" stands for that folder. */
export function hideHome(text: string, home: string = homedir()): string {
  if (home.length < 2) return text;
  const literal = home.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // Neither "/data/home/me" nor "/home/melanie" lies in "/home/me".
  return text.replace(new RegExp(`(?<![\\w./\\\\-])${literal}(?![\\w.-])`, 'g'), '~');
}
