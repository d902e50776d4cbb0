import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@vae/sdk/manifest';
import { encodeGif, encodePng } from '@vae/sdk/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolder } from './folder.js';
import { hideHome } from './report/machine.js';
import { type ReportContent, writeReport } from './report.js';

let folder: RunFolder;
beforeEach(() => {
  const path = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'vae-report-'));
  folder = new RunFolder(path);
  mkdirSync(folder.picture(''));
});
afterEach(() => rmSync(folder.path, { recursive: true, force: true }));

const manifest = {
  format: 'vae',
  version: 1,
  name: 'tiny',
  data: { kind: 'image', shape: [1, 8, 8], range: [0, 1] },
  latent: { kind: 'gaussian', shape: [3] },
  likelihood: { kind: 'bernoulli', output: 'logits' },
  files: {},
  training: {
    recipe: { name: 'tiny', description: 'A <script>alert(1)</script> & "more"', batch: 32 },
    dataset: 'digits',
    seed: 42,
    steps: 1234,
    engine: 'ort',
    device: 'cpu',
    versions: { '@vae/trainer': '9.8.7' },
  },
} as Manifest;

const content: ReportContent = {
  manifest,
  statistics: { mean: [0.111, 0.222, 0.333], std: [0.9, 1.001, 1.1], kl: [1.5, 0.004, 0.75], samples: 500 },
  caveat: 'A bound that <b>says</b> little.',
  overview: 'traversals.png',
  command: 'vae-train tiny --epochs 2 --set a=<b>',
};

const terms = (base: number) => ({ bound: -base, loss: base, reconstruction: base - 5.5, kl: 5.5 });
const records = [1, 2].map((epoch) => ({
  kind: 'epoch',
  epoch,
  step: epoch * 617,
  train: { ...terms(120.125 - epoch), gradientNorm: 12.625 },
  validation: { ...terms(121.25 - epoch), samples: 300, standardError: 0.875 },
  test: { ...terms(122.375 - epoch), samples: 400, standardError: 0.625 },
  seconds: 61,
  samplesPerSecond: 3210,
}));

async function report(
  changes: Partial<ReportContent> = {},
  log: readonly object[] = records,
): Promise<string> {
  writeFileSync(folder.metrics(), log.map((record) => `${JSON.stringify(record)}\n`).join(''));
  await writeReport(folder, { ...content, ...changes });
  return readFileSync(folder.report(), 'utf8');
}

const frame = { width: 40, height: 20, channels: 1 as const, data: new Uint8Array(800).fill(9) };

describe('writeReport', () => {
  it('shows every number of the last epoch, the code and the run', async () => {
    const page = await report();
    const terms = ['-118.125', '118.125', '112.625', '-119.250', '-120.375', '5.500'];
    const errors = ['± 0.875', '± 0.625', '300 samples', '400 samples'];
    const code = ['1.500', '0.750', '0.00400', '0.111', '0.222', '0.333', '1.001', '2.254 nats'];
    const run = [
      '1,234 steps',
      '2 min 2 s',
      '3,210 samples/s',
      '12.625',
      '42',
      '9.8.7',
      process.versions.node,
    ];
    for (const text of [...terms, ...errors, ...code, ...run]) expect(page).toContain(text);
    expect(page).toContain('Active units: 2 of 3 (KL &gt; 0.01 nats)');
    expect(page.match(/± /g)).toHaveLength(3);
  });

  it('escapes all text', async () => {
    const page = await report();
    expect(page).not.toMatch(/<script|<b>/);
    expect(page).toContain('A &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;');
    expect(page).toContain('A bound that &lt;b&gt;says&lt;/b&gt; little.');
    expect(page).toContain('<span>a=&lt;b&gt;</span>');
    expect(page).toContain('&quot;batch&quot;: 32');
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  it('stands alone: pictures inside, nothing fetched, no script, nothing that names the user', async () => {
    for (const name of ['epoch-002.png', 'epoch-010.png', 'epoch-009.png', 'traversals.png'])
      writeFileSync(folder.picture(name), encodePng(frame));
    writeFileSync(folder.picture('training.gif'), encodeGif([frame, frame], { delayMs: 400 }));
    const page = await report({ command: `vae-train ${join(homedir(), 'recipe.json')}` });
    const sources = [...page.matchAll(/ src="([^"]{0,22})/g)].map(([, source]) => source);
    expect(sources).toEqual(['data:image/png;base64,', 'data:image/png;base64,', 'data:image/gif;base64,']);
    expect(page).toContain('at epoch 10');
    expect(page).toMatch(/width="1040" height="520"/);
    expect(page).not.toMatch(/https?:|url\(|@import|<link|<script| href=| on\w+=/);
    expect(page).toContain(`<span>${hideHome(join(homedir(), 'recipe.json'))}</span>`);
    expect(page).not.toContain(folder.path);
    expect(readdirSync(folder.path).sort()).toEqual(['metrics.jsonl', 'pictures', 'report.html']);
  });

  it('leaves out missing pictures, a missing command and missing parts of the data', async () => {
    const page = await report(
      { command: undefined },
      records.map(({ test, validation, ...rest }) => rest),
    );
    expect(page).not.toContain('<img');
    expect(page).not.toContain('Repeat this run');
    expect(page).not.toContain('>validation');
    expect(page).toContain('Epoch 2, the last, exported');
  });

  it('shows the exported epoch beside the last one where validation chose an earlier one', async () => {
    const [first, second] = records;
    const page = await report({}, [first, { ...second, validation: { ...terms(130), standardError: 1.5 } }]);
    expect(page).toContain('Epoch 1, exported');
    expect(page).toContain('Epoch 2, the last<');
    expect(page).toContain('-120.250 <span>± 0.875</span>');
  });

  it('says "none" for the bound and the KL of an autoencoder', async () => {
    const loss = { bound: null, loss: 50.5, reconstruction: 50.5 };
    const page = await report(
      {
        manifest: { ...manifest, latent: { kind: 'deterministic', shape: [3] } },
        statistics: { ...content.statistics, kl: [0, 0, 0] },
      },
      records.map((record) => ({
        ...record,
        train: loss,
        validation: undefined,
        test: { ...loss, standardError: 0.25 },
      })),
    );
    expect(page).toContain('<th scope="row">bound</th><td>none</td><td>none</td>');
    expect(page).toContain('50.500 <span>± 0.250</span>');
    expect(page).toContain('no KL to the prior: none');
    expect(page).not.toContain('Active units');
  });

  it('copes with a run that logged nothing', async () => {
    const page = await report({}, []);
    expect(page).toContain('No epoch was logged.');
    expect(page).not.toMatch(/undefined|NaN/);
  });
});
