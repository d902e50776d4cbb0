import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { hideHome, machineFacts } from './machine.js';

it('describes the machine without naming it', () => {
  const facts = Object.fromEntries(machineFacts({ node: '20.1.0', '@vae/trainer': '0.1.0' }));
  expect(Object.keys(facts)).toEqual(['CPU', 'cores', 'platform', 'node', 'v8', '@vae/trainer']);
  expect(facts.node).toBe('20.1.0');
  expect(Object.values(facts)).not.toContain(hostname());
});

it('hides the home folder, and nothing that only looks like it', () => {
  const hide = (text: string) => hideHome(text, '/home/me');
  expect(hide('vae-train mnist:/home/me/data --out /home/me')).toBe('vae-train mnist:~/data --out ~');
  expect(hide('/data/home/me/x /home/melanie/x')).toBe('/data/home/me/x /home/melanie/x');
  expect(hideHome('C:\\Users\\me\\a', 'C:\\Users\\me')).toBe('~\\a');
  expect(hideHome('/a/b', '/')).toBe('/a/b');
});
