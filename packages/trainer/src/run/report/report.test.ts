import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { encodeGif, encodePng } from '@vae/sdk/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunFacts, writeFacts } from '../facts.js';
import { RunFolder } from '../folder.js';
import type { LatentView } from '../latent/latent-view.js';
import { hideHome } from './machine.js';
import { renderReport, writeReport } from './report.js';

let folder: RunFolder;
beforeEach(() => {
  const path = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'vae-report-'));
  folder = new RunFolder(path);
  mkdirSync(folder.picture(''));
});
afterEach(() => rmSync(folder.path, { recursive: true, force: true }));

const facts: RunFacts = {
  dataset: 'digits',
  kind: 'image',
  shape: [1, 8, 8],
  latentKind: 'gaussian',
  samples: { train: 5000, validation: 300, test: 400 },
  parameters: 1700,
  steps: 1234,
  stepsPerEpoch: 617,
  engine: 'onnxruntime-node 1.30.0 (cpu, 2 threads)',
  caveat: 'A bound that <b>says</b> little.',
  command: 'vae-train tiny --epochs 2 --set a=<b>',
  machine: [
    ['CPU', 'A slow one'],
    ['@vae/trainer', '9.8.7'],
  ],
  ended: 'steps',
};

const recipe = {
  name: 'tiny',
  description: 'A <script>alert(1)</script> & "more"',
  model: { latent: 3 },
  likelihood: { type: 'bernoulli' },
  objective: { type: 'betaVae' },
  batch: 32,
  seed: 42,
};

const latent: LatentView = {
  step: 1234,
  epoch: 2,
  part: 'test',
  statistics: {
    mean: [0.111, 0.222, 0.333],
    std: [0.9, 1.001, 1.1],
    meanVariance: [0.81, 0.004, 0.016],
    kl: [1.5, 0.004, 0.75],
    activeUnits: 2,
    samples: 400,
  },
  scatter: {
    axes: [
      'first principal component, 60 % of the variance',
      'second principal component, 30 % of the variance',
    ],
    points: [
      [-1, 0],
      [1, 0.5],
      [1.5, 0.75],
    ],
    labels: [0, 1, 1],
    classes: ['even', '<odd>'],
  },
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
  waited: 0.125,
  klPerDimension: [epoch, 0.004, 0.75],
  activeUnits: 2,
}));

interface Changes {
  readonly facts?: Partial<RunFacts>;
  readonly latent?: LatentView | null;
  readonly model?: boolean;
}

/** A run folder as a run leaves it. */
async function fill(changes: Changes = {}, log: readonly object[] = records): Promise<void> {
  writeFileSync(folder.metrics(), log.map((record) => `${JSON.stringify(record)}\n`).join(''));
  writeFileSync(folder.recipe(), JSON.stringify(recipe));
  await writeFacts(folder, { ...facts, ...changes.facts });
  if (changes.latent !== null) writeFileSync(folder.latentView(), JSON.stringify(changes.latent ?? latent));
  if (changes.model === false) return;
  mkdirSync(folder.model());
  writeFileSync(join(folder.model(), 'vae.json'), '{"format":"vae"}');
}

async function report(changes: Changes = {}, log: readonly object[] = records): Promise<string> {
  await fill(changes, log);
  await writeReport(folder);
  return readFileSync(folder.report(), 'utf8');
}

const frame = { width: 40, height: 20, channels: 1 as const, data: new Uint8Array(800).fill(9) };

describe('writeReport', () => {
  it('shows every number of the last epoch, the code and the run', async () => {
    const page = await report();
    const numbers = ['-118.125', '118.125', '112.625', '-119.250', '-120.375', '5.500'];
    const errors = ['± 0.875', '± 0.625', '300 samples', '400 samples'];
    const code = ['1.500', '0.750', '0.00400', '0.111', '0.222', '0.333', '1.001', '2.254 nats'];
    const run = ['1,234 steps', '2 min 2 s', '3,210 samples/s', '12.5 %', '12.625', '42', '9.8.7', '1,700'];
    for (const text of [...numbers, ...errors, ...code, ...run]) expect(page).toContain(text);
    expect(page).toContain('train 5,000, validation 300, test 400');
    expect(page).toContain('onnxruntime-node 1.30.0 (cpu, 2 threads)');
    // Two variances of means are above 0.01, and two KL above 0.01: of other dimensions.
    expect(page).toContain('Active units: 2 of 3 (variance of the means over the data above 0.01; Burda');
    expect(page).toContain('With KL above 0.01 nats: 2.');
    expect(page.match(/± /g)).toHaveLength(3);
    expect(page).not.toContain('class="status"');
  });

  it('draws codes by class and KL over epochs', async () => {
    const page = await report();
    expect(page).toContain('60 % of the variance');
    expect(page).toContain('&lt;odd&gt; <small>2</small>');
    expect(page).toContain('even <small>1</small>');
    expect(page.match(/class="dots c1" d="([^"]*)"/)![1].match(/M/g)).toHaveLength(2);
    expect(page).toContain('KL per dimension over epochs');
    expect(page).toContain('active units');
    const one = await renderReport(folder);
    await fill({ model: false }, records.slice(0, 1));
    const single = await renderReport(folder);
    expect(one).toContain('over epochs');
    expect(single).not.toContain('KL per dimension over epochs');
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
    // Where codes of no epoch are there, the picture is the newest one.
    const page = await report({
      facts: { command: `vae-train ${join(homedir(), 'recipe.json')}` },
      latent: null,
    });
    const sources = [...page.matchAll(/ src="([^"]{0,22})/g)].map(([, source]) => source);
    expect(sources).toEqual(['data:image/png;base64,', 'data:image/png;base64,', 'data:image/gif;base64,']);
    expect(page).toContain('at epoch 10');
    expect(page).toMatch(/width="1040" height="520"/);
    expect(page).not.toMatch(/https?:|url\(|@import|<script| on\w+=|http-equiv="refresh"/);
    expect([...page.matchAll(/ href="([^"]*)"/g)].map(([, target]) => target)).toEqual(['data:,']);
    expect(page).toContain(`<span>${hideHome(join(homedir(), 'recipe.json'))}</span>`);
    expect(page).not.toContain(folder.path);
  });

  it('shows the epoch that was exported, and says so under each picture', async () => {
    const shades = { 1: 1, 2: 2, 3: 3 };
    for (const [epoch, shade] of Object.entries(shades)) {
      const data = new Uint8Array(800).fill(shade);
      writeFileSync(folder.picture(`epoch-00${epoch}.png`), encodePng({ ...frame, data }));
    }
    writeFileSync(folder.picture('manifold.png'), encodePng(frame));
    // The codes are of epoch 2, whose weights were exported; epoch 3 is the last.
    const third = { ...records[1], epoch: 3, step: 1851, validation: records[0].validation };
    await fill({}, [...records, third]);
    writeFileSync(join(folder.model(), 'vae.json'), '{"format":"vae","training":{"steps":1234}}');
    const page = await renderReport(folder);
    expect(page).toContain('Data, reconstructions and decoded draws at epoch 2, the exported one');
    expect(page).toContain('quantile; of the exported model after step 1,234');
    const [, shown] = / src="data:image\/png;base64,([^"]+)"/.exec(page)!;
    expect(shown).toBe(readFileSync(folder.picture('epoch-002.png')).toString('base64'));
    // While a run is under way, its pictures are those of its latest epoch.
    await writeFacts(folder, { ...facts, ended: undefined });
    expect(await renderReport(folder)).toContain('decoded draws at epoch 2<');
  });

  it('leaves out missing pictures, a missing command and missing parts of the data', async () => {
    const page = await report(
      { facts: { command: undefined }, latent: null },
      records.map(({ test, validation, ...rest }) => rest),
    );
    expect(page).not.toContain('<img');
    expect(page).not.toContain('Repeat this run');
    expect(page).not.toContain('>validation');
    expect(page).not.toContain('Latent code');
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
        facts: { latentKind: 'deterministic' },
        latent: { ...latent, statistics: { ...latent.statistics, kl: [0, 0, 0] } },
      },
      records.map(({ klPerDimension, ...record }) => ({
        ...record,
        train: loss,
        validation: undefined,
        test: { ...loss, standardError: 0.25 },
      })),
    );
    expect(page).toContain('<th scope="row">bound</th><td>none</td><td>none</td>');
    expect(page).toContain('50.500 <span>± 0.250</span>');
    expect(page).toContain('no KL to the prior: none');
    expect(page).not.toContain('With KL above');
  });

  it('copes with a run that logged nothing', async () => {
    const page = await report({ latent: null }, []);
    expect(page).toContain('No epoch was logged.');
    expect(page).not.toMatch(/undefined|NaN/);
  });
});

describe('renderReport', () => {
  it('tells of a run that is under way, and loads itself again', async () => {
    const step = { kind: 'step', step: 1300, epoch: 3, loss: 1 };
    await fill({ facts: { ended: undefined, steps: 1851 }, model: false }, [...records, step]);
    const page = await renderReport(folder, { refreshSeconds: 7 });
    expect(page).toContain('Not finished: 1,300 of 1,851 steps are logged.');
    expect(page).toContain('<meta http-equiv="refresh" content="7">');
    expect(page).toContain('Epoch 2, the last<');
    expect(page).toContain('with the weights of the last epoch (epoch 2)');
  });

  it.each([
    ['signal', 'Stopped before its end'],
    ['time', 'Ended at the time limit'],
    ['patience', 'Ended early'],
  ] as const)('says how a run ended: %s', async (ended, text) => {
    await fill({ facts: { ended }, model: false });
    const page = await renderReport(folder, { refreshSeconds: 7 });
    expect(page).toContain(text);
    expect(page).not.toContain('http-equiv="refresh"');
  });

  it('needs nothing but a folder', async () => {
    rmSync(folder.picture(''), { recursive: true });
    const page = await renderReport(folder);
    expect(page).toContain('No epoch was logged.');
    expect(page).not.toMatch(/undefined|NaN/);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('passes over files that are damaged', async () => {
    await fill();
    for (const path of [folder.facts(), folder.recipe(), folder.latentView()]) writeFileSync(path, '{"a":');
    writeFileSync(folder.metrics(), `${JSON.stringify(records[0])}\n{"kind":"ep`);
    writeFileSync(folder.picture('epoch-001.png'), 'no picture');
    const page = await renderReport(folder);
    expect(page).toContain('Epoch 1, the last');
    expect(page).not.toMatch(/undefined|NaN|<img/);
  });
});
