import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium, launch, openPage } from '../support/browser.js';
import { node, temporaryFolder, vaeTrain, withFolder } from '../support/project.js';

interface Seen {
  readonly overflow: number;
  readonly images: readonly number[];
  readonly text: string;
  readonly drawings: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Size of the smallest letters in drawings, in pixels of the screen. */
  readonly smallest: number;
  /** Contrast of each kind of text with what is behind it, as WCAG 2.2 defines it. */
  readonly contrast: number;
}

/** Runs in the page. */
function look(): Seen {
  const luminance = (colour: string): number => {
    const parts = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => Number(part) / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const contrast = (a: string, b: string): number => {
    const [low, high] = [luminance(a), luminance(b)].sort((one, two) => one - two);
    return (high! + 0.05) / (low! + 0.05);
  };
  const page = getComputedStyle(document.body).backgroundColor;
  const panel = getComputedStyle(document.querySelector('.columns > *')!).backgroundColor;
  const letters = Array.from(document.querySelectorAll('svg text'));
  const pairs = [
    ...letters.map((one) => contrast(getComputedStyle(one).fill, panel)),
    ...Array.from(document.querySelectorAll('h1, p, td, th, dt, dd')).map((one) =>
      contrast(getComputedStyle(one).color, page),
    ),
  ];
  return {
    overflow: document.documentElement.scrollWidth - window.innerWidth,
    images: Array.from(document.images).map((image) => image.naturalWidth),
    text: document.body.textContent ?? '',
    drawings: Array.from(document.querySelectorAll('svg[role=img]')).map((drawing) => ({
      name: drawing.getAttribute('aria-label') ?? '',
      labels: Array.from(drawing.querySelectorAll('text')).map((one) => one.textContent ?? ''),
    })),
    smallest: Math.min(
      ...letters.map((one) => {
        const svg = one.closest('svg[role=img]') as SVGSVGElement;
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        return Number.parseFloat(getComputedStyle(one).fontSize) * scale;
      }),
    ),
    contrast: Math.min(...pairs),
  };
}

describe.skipIf(!chromium)('report.html in a browser without network (needs VAE_TEST_CHROMIUM)', () => {
  let shared: Awaited<ReturnType<typeof temporaryFolder>>;
  let browser: Browser;
  beforeAll(async () => {
    shared = await temporaryFolder();
    const words = ['seed-wiseodd', '--data', 'digits', '--epochs', '2', '--batch', '1000', '--latent', '6'];
    const done = await node([vaeTrain, ...words, '--validation', '200', '--out', 'run', '--log-every', '5'], {
      cwd: shared.folder,
    });
    expect(done, done.stderr).toMatchObject({ code: 0 });
    browser = await launch();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await shared?.remove();
  });

  it.each([
    ['light', 1280],
    ['light', 390],
    ['dark', 1280],
    ['dark', 390],
  ] as const)('is legible: %s, %i pixels wide', async (colorScheme, width) => {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height: 900 },
      offline: true,
      javaScriptEnabled: true,
    });
    const requests: string[] = [];
    context.on('request', (request) => void requests.push(request.url()));
    const address = pathToFileURL(join(shared.folder, 'run', 'report.html')).href;
    const { page, problems } = await openPage(context, address);
    const seen = await page.evaluate(look);
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
    expect(seen.overflow).toBeLessThanOrEqual(0);
    expect(seen.images).toHaveLength(3);
    expect(Math.min(...seen.images)).toBeGreaterThan(100);
    expect(seen.smallest).toBeGreaterThanOrEqual(9);
    // WCAG 2.2, 1.4.3 asks for 4.5; thin letters of one colour among ten are held to 3, as large ones are.
    expect(seen.contrast).toBeGreaterThanOrEqual(3);
    await context.close();
  });

  it('names every axis with its unit', async () => {
    const { page } = await openPage(browser, pathToFileURL(join(shared.folder, 'run', 'report.html')).href);
    const { drawings, text } = await page.evaluate(look);
    const labels = Object.fromEntries(drawings.map((drawing) => [drawing.name, drawing.labels]));
    for (const [name, wanted] of [
      ['bound, nats per sample, over epoch', ['nats per sample', 'epoch']],
      ['KL, nats per sample, over epoch', ['nats per sample', 'epoch']],
      ['learning rate, step size, over step', ['step size', 'step']],
      ['active units, dimensions, over epoch', ['dimensions', 'epoch']],
      ['KL per latent dimension, nats', ['nats', 'latent dimension, most KL first']],
      ['KL per latent dimension over epochs, nats', ['epoch', 'dimension, most KL at the end first']],
    ] as const)
      expect(labels[name], name).toEqual(expect.arrayContaining([...wanted]));
    const codes = Object.keys(labels).find((name) => name.startsWith('Codes of 2,000 samples'));
    expect(labels[codes!].filter((label) => label.includes('% of the variance'))).toHaveLength(2);
    for (const part of ['Repeat this run', 'vae-train', 'Active units', 'Machine', 'Recipe', 'samples/s'])
      expect(text).toContain(part);
    await page.close();
  });
});

describe('vae-train watch', () => {
  it('serves the report of a run, and ends in order with Ctrl-C', () =>
    withFolder(async (folder) => {
      const words = ['seed-wiseodd', '--data', 'digits', '--steps', '3', '--batch', '16', '--out', 'run'];
      const done = await node([vaeTrain, ...words], { cwd: folder });
      expect(done, done.stderr).toMatchObject({ code: 0 });
      const child = spawn(process.execPath, [vaeTrain, 'watch', 'run', '--port', '0'], { cwd: folder });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      const url = await new Promise<string>((resolve) => {
        let text = '';
        child.stderr.on('data', (chunk) => {
          text += chunk;
          const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(text);
          if (found) resolve(found[0]);
        });
      });
      const page = await (await fetch(url)).text();
      expect(page).toContain('<h1>seed-wiseodd</h1>');
      expect(page).not.toContain('http-equiv="refresh"');
      child.kill('SIGINT');
      expect(await ended).toBe(0);
    }));

  it('refuses a folder without a run on one line', () =>
    withFolder(async (folder) => {
      const { code, stdout, stderr } = await node([vaeTrain, 'watch', 'nowhere'], { cwd: folder });
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: '',
        stderr: 'nowhere: there is no run in that folder. Give the folder that --out named.\n',
      });
    }));
});
