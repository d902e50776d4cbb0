import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import { decodePng } from '@vae/sdk/media';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// biome-ignore lint/style/noRestrictedImports: a model whose pictures are computed by hand is written with it
import { onnxModel } from '../../packages/sdk/src/testing/onnx.js';
import {
  chromium,
  crossOriginIsolation,
  type PageOptions,
  servePages,
  withPage,
} from '../support/browser.js';
import { root } from '../support/project.js';

/** The files for pages without a bundler, as they are published. */
const built = join(root, 'packages/sdk/dist/browser');
const runtime = join(root, 'packages/sdk/node_modules/onnxruntime-web/dist');
const models = join(root, 'packages/sdk/models');

const policy = { 'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };

/** Twelve latents, each the logit of one pixel of a picture of 3 x 4. */
function pixelModel() {
  const decoder = onnxModel({
    inputs: [{ name: 'z', shape: ['N', 12] }],
    outputs: ['x', 'logits'].map((name) => ({ name, shape: ['N', 1, 3, 4] })),
    constants: [{ name: 'shape', shape: [4], data: BigInt64Array.of(-1n, 1n, 3n, 4n) }],
    nodes: [
      { op: 'Reshape', inputs: ['z', 'shape'], outputs: ['logits'] },
      { op: 'Sigmoid', inputs: ['logits'], outputs: ['x'] },
    ],
  });
  const manifest = {
    format: 'vae',
    version: 1,
    name: 'pixels',
    data: { kind: 'image', shape: [1, 3, 4], range: [0, 1] },
    latent: { kind: 'gaussian', shape: [12] },
    likelihood: { kind: 'bernoulli', output: 'logits' },
    files: {
      decoder: {
        path: 'decoder.onnx',
        bytes: decoder.length,
        sha256: createHash('sha256').update(decoder).digest('hex'),
      },
    },
    prior: { kind: 'standard-normal', kl: [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10] },
  };
  return { '/pixels/vae.json': JSON.stringify(manifest), '/pixels/decoder.onnx': decoder };
}

/** A model of a version to come. */
const newer = { '/newer/vae.json': JSON.stringify({ format: 'vae', version: 2 }) };

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** A page whose body is this. Scripts are files, as the policy above demands. */
async function open<Result>(
  body: string,
  work: (page: Page, opened: Parameters<Parameters<typeof withPage>[0]>[1]) => Promise<Result>,
  options: PageOptions = {},
) {
  const { files, folders, ...rest } = options;
  const script = '<script type="module" src="/vae/element.js"></script>';
  return withPage(work, {
    folders: { '/vae': built, '/models': models, '/ort': runtime, ...folders },
    files: {
      '/': `<!doctype html><meta charset="utf-8"><title>test</title>${script}<body>${body}`,
      ...pixelModel(),
      ...newer,
      ...files,
    },
    ...rest,
  });
}

const digit = '<vae-decoder src="/models/mnist-conv/" wasm="/ort"></vae-decoder>';
const pixels = '<vae-decoder src="/pixels/" wasm="/ort"></vae-decoder>';
const element = (page: Page) => page.locator('vae-decoder');

/** Waits for the first picture. */
const ready = (page: Page) =>
  page.evaluate(`document.querySelector('vae-decoder').ready.then(({ device }) => device)`);

/** The latent, and the picture as values 0 to 1, once no more is being drawn. */
async function drawn(page: Page): Promise<{ z: number[]; values: number[] }> {
  return page.evaluate(`(async () => {
    const element = document.querySelector('vae-decoder');
    // A decode of our own queues behind those under way; the next task has its picture drawn.
    for (let i = 0; i < 3; i++) await element.decoder.decode(element.z);
    await new Promise((next) => setTimeout(next, 50));
    const canvas = element.shadowRoot.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return { z: [...element.z], values: [...data].filter((_, i) => i % 4 === 0).map((byte) => byte / 255) };
  })()`);
}

/** Largest distance of two pictures. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length
    ? Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
    : Number.NaN;

/** Half a step of a byte by rounding, and what the processors and wasm differ. */
const tolerance = 0.5 / 255 + 1e-4;

describe.skipIf(!chromium)('the page, from the built files', () => {
  let vae: VAE;

  beforeAll(async () => {
    vae = await VAE.load(join(models, 'mnist-conv'));
  });

  afterAll(() => vae?.dispose());

  async function expectDigit(page: Page, z: readonly number[]): Promise<void> {
    const picture = await drawn(page);
    expect(distance(picture.z, z)).toBeLessThan(1e-6);
    expect(distance(picture.values, (await vae.decode([...z])).data)).toBeLessThan(tolerance);
  }

  it('draws a digit that equals the one in Node, and fetches nothing of the encoder', () =>
    open(digit, async (page, { server }) => {
      expect(await ready(page)).toBe('wasm');
      await expectDigit(page, [0, 0]);
      const fetched = server.requests.filter((path) => !path.startsWith('/vae/'));
      expect(fetched).not.toContain('/models/mnist-conv/encoder.onnx');
    }));

  it.each([
    ['under a policy that forbids eval, inline scripts and inline styles', policy],
    ['with cross-origin isolation', crossOriginIsolation],
    ['with both', { ...policy, ...crossOriginIsolation }],
  ])('draws %s', (_, headers) =>
    open(
      digit,
      async (page) => {
        expect(await page.evaluate('crossOriginIsolated')).toBe('Cross-Origin-Opener-Policy' in headers);
        await ready(page);
        await expectDigit(page, [0, 0]);
        expect(await page.evaluate(`getComputedStyle(${inShadow('canvas')}).imageRendering`)).toBe(
          'pixelated',
        );
      },
      { headers },
    ),
  );

  it('takes the .wasm file that lies beside the scripts', async () => {
    const file = '/vae/ort-wasm-simd-threaded.wasm';
    const files = { [file]: await readFile(join(runtime, 'ort-wasm-simd-threaded.wasm')) };
    await open(
      '<vae-decoder src="/models/mnist-conv/"></vae-decoder>',
      async (page, { server }) => {
        await ready(page);
        const { requests } = server;
        expect(requests.filter((path) => /wasm|onnx|json/.test(path)).sort()).toEqual([
          '/models/mnist-conv/decoder.onnx',
          '/models/mnist-conv/vae.json',
          file,
          expect.stringMatching(/^\/vae\/ort\.wasm\.bundle/),
        ]);
      },
      { files },
    );
  });

  it('needs the .wasm file only, in the folder that the attribute names', async () => {
    const files = {
      '/folder/ort-wasm-simd-threaded.wasm': await readFile(join(runtime, 'ort-wasm-simd-threaded.wasm')),
    };
    await open(
      digit.replace('/ort', '/folder'),
      async (page) => {
        await ready(page);
        await expectDigit(page, [0, 0]);
      },
      { files },
    );
  });

  it('finds the .wasm file beside the scripts when those come from another origin', async () => {
    const files = {
      '/vae/ort-wasm-simd-threaded.wasm': await readFile(join(runtime, 'ort-wasm-simd-threaded.wasm')),
    };
    const headers = { 'Access-Control-Allow-Origin': '*' };
    const cdn = await servePages({ folders: { '/vae': built }, files, headers });
    try {
      await withPage(
        async (page) => {
          expect(await ready(page)).toBe('wasm');
          await expectDigit(page, [0, 0]);
        },
        {
          folders: { '/models': models },
          files: {
            '/': `<!doctype html><meta charset="utf-8"><script type="module" src="${cdn.url}/vae/element.js"></script><vae-decoder src="/models/mnist-conv/"></vae-decoder>`,
          },
        },
      );
    } finally {
      await cdn.close();
    }
  });

  it.each([
    ['of a batch', 'decoder.decode({ data: new Float32Array(12_000), shape: [6000, 2] }, { signal })'],
    [
      'one after another',
      '(async () => { for (let i = 0; i < 6000; i++) await decoder.decode([0, 0], { signal }); })()',
    ],
  ])('lets the page go on between runs %s, so that a timer stops them', (_, runs) =>
    open('', async (page) => {
      const stopped = await page.evaluate(`(async () => {
        const { loadDecoder } = await import('/vae/decoder.js');
        const decoder = await loadDecoder('/models/mnist-conv/', { wasm: { paths: '/ort/' } });
        const stop = new AbortController();
        const { signal } = stop;
        let ticks = 0;
        const timer = setInterval(() => ++ticks === 3 && stop.abort('stopped'), 10);
        return ${runs}.then(() => 'ran to its end', (reason) => reason).finally(() => clearInterval(timer));
      })()`);
      expect(stopped).toBe('stopped');
    }),
  );

  it('moves on the pad by pointer', () =>
    open(digit, async (page) => {
      await ready(page);
      const box = (await element(page).locator('[part=pad]').boundingBox())!;
      const at = (x: number, y: number) =>
        [box.x + (box.width * (x + 3)) / 6, box.y + (box.height * (3 - y)) / 6] as const;
      await page.mouse.move(...at(0, 0));
      await page.mouse.down();
      await page.mouse.move(...at(1.5, -0.6), { steps: 20 });
      const { z } = await drawn(page);
      // A pixel of the pad is 6 / 280 wide.
      expect(distance(z, [1.5, -0.6])).toBeLessThan(6 / 280);
      await expectDigit(page, z);
      // The pointer is captured: outside of the pad it goes on to the edge.
      await page.mouse.move(box.x + box.width + 300, box.y - 5);
      await expectDigit(page, [3, 3]);
      await page.mouse.up();
      await page.mouse.move(...at(0, 0));
      await expectDigit(page, [3, 3]);
      expect(await element(page).locator('[part=value]').textContent()).toBe('3.00, 3.00');
    }));

  it('shows plane and numbers the same way on pages that are read from right to left', () =>
    open(digit, async (page) => {
      await ready(page);
      await page.evaluate(`document.querySelector('vae-decoder').z = [-1.5, 0.75]`);
      await drawn(page);
      const picture = async () => decodePng(await element(page).locator('[part=controls]').screenshot()).data;
      const before = await picture();
      await page.evaluate(`document.documentElement.dir = 'rtl'`);
      // The circle's edge is smoothed a little differently; a line is 40 % of black.
      expect(distance(before, await picture())).toBeLessThan(0.2 * 255);
    }));

  it('moves on the pad by keyboard, and tells screen readers', () =>
    open(digit, async (page) => {
      await ready(page);
      await page.keyboard.press('Tab');
      for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowUp', 'ArrowDown', 'ArrowLeft']) {
        await page.keyboard.press(key);
      }
      await expectDigit(page, [0.1, 0.4]);
      expect(await element(page).ariaSnapshot()).toBe(
        [
          '- \'img "mnist-conv: decoded image"\'',
          '- group "Latent plane, z0 and z1":',
          '  - slider "z0": "0.1"',
          '  - slider "z1": "0.4"',
          '- status: 0.10, 0.40',
          '- button "Random"',
          '- button "Reset"',
        ].join('\n'),
      );
      for (let i = 0; i < 8; i++) await page.keyboard.press('Shift+ArrowLeft');
      await expectDigit(page, [-3, 0.4]);
      await page.keyboard.press('Home');
      await expectDigit(page, [0, 0]);
      await page.keyboard.press('Tab');
      expect(await page.evaluate(`${inShadow(':focus')}.textContent`)).toBe('Random');
    }));

  it('shows a slider for each of the ten dimensions that tell most', () =>
    open(pixels, async (page) => {
      await ready(page);
      const labels = await element(page).locator('label').allTextContents();
      expect(labels).toEqual(['z10', 'z11', 'z8', 'z9', 'z6', 'z7', 'z4', 'z5', 'z2', 'z3']);
      const slider = element(page).getByLabel('z9');
      await slider.focus();
      for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
      expect(await element(page).locator('output[for=z9]').textContent()).toBe('0.05');
      await slider.fill('-1.25');
      await element(page).getByLabel('z2', { exact: true }).fill('3');
      const z = [0, 0, 3, 0, 0, 0, 0, 0, 0, -1.25, 0, 0];
      const picture = await drawn(page);
      expect(picture.z).toEqual(z);
      expect(distance(picture.values, z.map(sigmoid))).toBeLessThan(tolerance);
      await slider.press('0');
      await element(page).getByLabel('z2', { exact: true }).dblclick();
      const back = await drawn(page);
      expect(back.z).toEqual(new Array(12).fill(0));
      expect(distance(back.values, new Array(12).fill(0.5))).toBeLessThan(tolerance);
    }));

  it('takes the two most telling dimensions for a pad that was asked for', () =>
    open('<vae-decoder src="/pixels/" wasm="/ort" controls="pad" limit="2"></vae-decoder>', async (page) => {
      await ready(page);
      const box = (await element(page).locator('[part=pad]').boundingBox())!;
      await page.mouse.click(box.x + box.width * 0.75, box.y + box.height * 0.25);
      const { z } = await drawn(page);
      expect(distance(z, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])).toBeLessThan(4 / 280);
    }));

  it('draws from the prior, and goes back to 0', () =>
    open(pixels, async (page) => {
      await ready(page);
      const button = (name: string) => element(page).getByRole('button', { name }).click();
      await button('Random');
      const first = await drawn(page);
      expect(distance(first.values, first.z.map(sigmoid))).toBeLessThan(tolerance);
      expect(new Set(first.z).size).toBe(12);
      await button('Random');
      const second = await drawn(page);
      expect(second.z.filter((value, i) => value === first.z[i])).toEqual([]);
      await button('Reset');
      expect((await drawn(page)).z).toEqual(new Array(12).fill(0));
    }));

  it('says what is wrong, and loads when that is put right', () =>
    open('<vae-decoder src="/nowhere/" wasm="/ort"></vae-decoder>', async (page, { problems }) => {
      const failure = await page.evaluate(
        `document.querySelector('vae-decoder').ready.catch(({ code, message }) => ({ code, message }))`,
      );
      expect(failure).toMatchObject({ code: 'not-found' });
      const alert = element(page).getByRole('alert');
      expect(await alert.textContent()).toBe((failure as { message: string }).message);
      expect(await alert.textContent()).toContain('/nowhere/');
      // The browser's own words about the files that are not there.
      problems.length = 0;
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('src', '/newer/')`);
      await expect
        .poll(() => alert.textContent())
        .toMatch(/^http.*\/newer\/ vae\.json: version is 2, this package reads version 1\./);
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('src', '/pixels/')`);
      await ready(page);
      expect(await alert.count()).toBe(0);
      expect((await drawn(page)).values).toHaveLength(12);
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('limit', 'wide')`);
      await alert.waitFor();
      expect(await alert.textContent()).toBe('mountDecoder: limit is NaN, expected a number above 0.');
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('src', 'http://[bad')`);
      await expect
        .poll(() => alert.textContent())
        .toBe("vae-decoder: src is 'http://[bad', expected the URL of a folder.");
    }));

  it('gives no latent of one model to another, and draws again after a latent that did not fit', () =>
    open('', async (page, { problems }) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const make = async (src) => {
          const element = document.createElement('vae-decoder');
          element.setAttribute('wasm', '/ort');
          element.setAttribute('src', src);
          document.body.append(element);
          return element;
        };
        const story = [];
        const moved = await make('/models/mnist-conv/');
        await moved.ready;
        moved.remove();
        moved.setAttribute('src', '/pixels/');
        document.body.append(moved);
        await moved.ready;
        story.push('moved ' + moved.z.length);
        const changed = await make('/models/mnist-conv/');
        await changed.ready;
        changed.setAttribute('controls', 'sliders');
        changed.setAttribute('src', '/pixels/');
        await changed.ready;
        story.push('changed ' + changed.z.length);
        const wrong = document.createElement('vae-decoder');
        wrong.setAttribute('wasm', '/ort');
        wrong.setAttribute('src', '/models/mnist-conv/');
        wrong.z = [1, 2, 3];
        document.body.append(wrong);
        await wrong.ready.catch(({ code }) => story.push(code));
        wrong.z = [0.5, -1];
        await wrong.ready;
        story.push('wrong ' + [...wrong.z]);
        return story;
      })()`);
      problems.length = 0;
      expect(story).toEqual(['moved 12', 'changed 12', 'bad-input', 'wrong 0.5,-1']);
    }));

  /** The latent of an element that could not load its first address with one given, and then loads a second. */
  const latentAfter = (page: Page, first: string, z: readonly number[], second: string) =>
    page.evaluate(`(async () => {
      await customElements.whenDefined('vae-decoder');
      const element = document.createElement('vae-decoder');
      Object.assign(element, { wasm: '/ort', src: '${first}', z: [${z}] });
      document.body.append(element);
      const failed = await element.ready.then(() => false, () => true);
      element.src = '${second}';
      await element.ready;
      return { failed, z: [...element.z] };
    })()`);

  it('keeps a latent through an address that is wrong', () =>
    open('', async (page, { problems }) => {
      const found = await latentAfter(page, '/typo/', [1, 2], '/models/mnist-conv/');
      expect(problems.splice(0)).not.toEqual([]);
      expect(found).toEqual({ failed: true, z: [1, 2] });
    }));

  it('starts the next model at 0 after a latent that did not fit the one before', () =>
    open('', async (page) => {
      const found = await latentAfter(page, '/models/mnist-conv/', [1, 2, 3], '/pixels/');
      expect(found).toEqual({ failed: true, z: new Array(12).fill(0) });
    }));

  it('calls its picture by alt, whenever that changes', () =>
    open('', async (page) => {
      const labels = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/pixels/', alt: 'before' });
        const label = () => element.shadowRoot.querySelector('canvas').getAttribute('aria-label');
        document.body.append(element);
        await new Promise((next) => setTimeout(next));
        element.alt = 'while it loads';
        await element.ready;
        const labels = [label()];
        element.alt = 'after';
        labels.push(label());
        element.alt = null;
        return [...labels, label()];
      })()`);
      expect(labels).toEqual(['while it loads', 'after', 'pixels: decoded image']);
    }));

  it('tells of each step, takes latents at any time, and frees the decoder when it leaves', () =>
    open('', async (page) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const story = [];
        const element = document.createElement('vae-decoder');
        for (const type of ['vae-load', 'vae-decode', 'vae-error']) {
          element.addEventListener(type, ({ detail }) => story.push([type, ...Object.keys(detail)].join(' ')));
        }
        element.setAttribute('src', '/pixels/');
        element.setAttribute('wasm', '/ort');
        element.z = new Array(12).fill(1);
        document.body.append(element);
        const first = await element.ready;
        story.push('z is ' + new Set(element.z) .size + ' value: ' + element.z[0]);
        element.remove();
        await first.decode(element.z).catch(({ code }) => story.push(code));
        document.body.append(element);
        const second = await element.ready;
        story.push(second === first ? 'same' : 'another', 'z is still ' + element.z[0]);
        element.setAttribute('src', '/models/mnist-conv/');
        const third = await element.ready;
        story.push(third.name + ' at ' + [...element.z]);
        try {
          element.z = [1, 2, 3];
        } catch ({ code, message }) {
          story.push(code + ': ' + message);
        }
        return story;
      })()`);
      expect(story).toEqual([
        'vae-decode image z',
        'vae-load decoder',
        'z is 1 value: 1',
        'disposed',
        'vae-decode image z',
        'vae-load decoder',
        'another',
        'z is still 1',
        'vae-decode image z',
        'vae-load decoder',
        'mnist-conv at 0,0',
        'bad-input: z: expected 2 numbers, got 3.',
      ]);
    }));

  it('draws in other documents than its own: a frame and a window', () =>
    open(digit, async (page) => {
      const widths = await page.evaluate(`(async () => {
        const element = document.querySelector('vae-decoder');
        const frame = document.createElement('iframe');
        frame.width = 600;
        document.body.append(frame);
        const places = [document, frame.contentDocument, open('').document, document];
        const widths = [];
        for (const { body, defaultView } of places) {
          body.append(element);
          await element.ready;
          const canvas = element.shadowRoot.querySelector('canvas');
          widths.push(defaultView.getComputedStyle(canvas).width);
        }
        const { mountDecoder } = await import('/vae/element.js');
        const { body } = frame.contentDocument;
        const wasm = { paths: '/ort/' };
        const alone = await mountDecoder(body, '/models/mnist-conv/', { wasm });
        const root = body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' });
        const filled = await mountDecoder(root, '/models/mnist-conv/', { wasm });
        for (const { canvas } of [alone, filled]) {
          widths.push(frame.contentWindow.getComputedStyle(canvas).width);
        }
        return [...widths, root.childElementCount === 1 && root.contains(filled.canvas)];
      })()`);
      expect(widths).toEqual([...new Array(6).fill('280px'), true]);
    }));

  it('waits until it is in view when it is lazy', () =>
    open(
      `<p style="block-size: 5000px">above</p>${pixels.replace('src', 'loading="lazy" src')}`,
      async (page, { server }) => {
        await page.waitForTimeout(300);
        expect(server.requests).not.toContain('/pixels/vae.json');
        await page.evaluate('scrollTo(0, 4500)');
        await ready(page);
        expect(server.requests).toContain('/pixels/vae.json');
      },
    ));

  it('is drawn once per newest latent, however fast they come, by the helper', () =>
    open('<main></main>', async (page) => {
      const result = await page.evaluate(`(async () => {
        const { loadDecoder } = await import('/vae/decoder.js');
        const { drawTensor, mountDecoder } = await import('/vae/element.js');
        const main = document.querySelector('main');
        const seen = [];
        const wasm = { paths: '/ort/' };
        const onDecode = (image, z) => seen.push(z[0]);
        const mounted = await mountDecoder(main, '/pixels/', { wasm, controls: 'none', size: 120, onDecode });
        for (let i = 1; i <= 100; i++) mounted.z = new Array(12).fill(i / 100);
        await mounted.redraw();
        const { width } = mounted.canvas.getBoundingClientRect();
        const [byte] = mounted.canvas.getContext('2d').getImageData(0, 0, 1, 1).data;
        const { decoder } = mounted;
        await mounted.dispose();
        await mounted.dispose();
        const disposed = await mounted.redraw().catch(({ code }) => code);
        const plain = await loadDecoder('/pixels/', { wasm });
        const two = await plain.decode({ data: new Float32Array(24), shape: [2, 12] });
        await plain.dispose();
        const refused = await mountDecoder(main, '/pixels/', { controls: 'dial' }).catch((e) => e.message);
        return { seen: seen.length, last: seen.at(-1), width, byte, left: main.childElementCount, disposed,
          name: decoder.name, shape: two.shape, refused };
      })()`);
      expect(result).toEqual({
        seen: expect.any(Number),
        last: 1,
        width: 120,
        byte: Math.round(255 * sigmoid(1)),
        left: 0,
        disposed: 'disposed',
        name: 'pixels',
        shape: [2, 1, 3, 4],
        refused: "mountDecoder: controls is dial, expected 'auto', 'sliders', 'pad' or 'none'.",
      });
      // The first picture, one under way when the hundred came, and the newest.
      expect((result as { seen: number }).seen).toBeLessThanOrEqual(3);
    }));

  it.each([
    ['pad', ['Alt+ArrowLeft', 'Control+Home', 'Meta+ArrowLeft']],
    ['sliders', ['Control+0', 'Meta+0', 'Alt+0']],
  ])('leaves keys of the browser and the system alone: %s', (controls, keys) =>
    open(digit.replace('src', `controls="${controls}" src`), async (page) => {
      await ready(page);
      await page.evaluate(`{
        const element = document.querySelector('vae-decoder');
        element.z = [1, 1];
        element.shadowRoot.querySelector('input').focus();
        element.seen = [];
        element.addEventListener('keydown', (e) => element.seen.push([e.defaultPrevented, ...element.z].join()));
      }`);
      for (const key of keys) await page.keyboard.press(key);
      expect((await drawn(page)).z).toEqual([1, 1]);
      expect(
        await page.evaluate(`document.querySelector('vae-decoder').seen.filter((e) => e !== 'false,1,1')`),
      ).toEqual([]);
    }),
  );

  it('has its attributes as properties, also those set before it was defined', () =>
    open('', async (page) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const before = document.implementation.createHTMLDocument().createElement('vae-decoder');
        before.wasm = '/ort';
        before.src = '/pixels/';
        before.z = new Array(12).fill(1);
        document.body.append(before);
        await before.ready;
        const story = [before.getAttribute('src'), before.z[0]];
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/pixels/', controls: 'pad', limit: 2 });
        document.body.append(element);
        await element.ready;
        story.push(element.shadowRoot.querySelector('input').max, element.limit);
        element.limit = null;
        await element.ready;
        return [...story, element.shadowRoot.querySelector('input').max, element.hasAttribute('limit')];
      })()`);
      expect(story).toEqual(['/pixels/', 1, '2', '2', '3', false]);
    }));

  it('loads when it is lazy no more', () =>
    open(
      `<p style="block-size: 5000px">above</p>${pixels.replace('src', 'loading="lazy" src')}`,
      async (page, { server }) => {
        await page.waitForTimeout(300);
        expect(server.requests).not.toContain('/pixels/vae.json');
        await page.evaluate(`document.querySelector('vae-decoder').setAttribute('loading', 'eager')`);
        await ready(page);
        await page.evaluate(`document.querySelector('vae-decoder').setAttribute('loading', 'lazy')`);
        await drawn(page);
        expect(server.requests.filter((path) => path === '/pixels/vae.json')).toHaveLength(1);
      },
    ));

  it('looks for no model at the page itself when src is empty', () =>
    open('<vae-decoder src="" wasm="/ort"></vae-decoder>', async (page, { server }) => {
      const failure = await page.evaluate(
        `document.querySelector('vae-decoder').ready.catch(({ code, message }) => code + ' ' + message)`,
      );
      expect(failure).toBe("bad-option vae-decoder: src is '', expected the URL of a folder.");
      expect(server.requests.filter((path) => /json|onnx/.test(path))).toEqual([]);
    }));

  it('is ready with a latent that came while it loaded and does not fit, and says so', () =>
    open(pixels, async (page) => {
      const story = await page.evaluate(`(async () => {
        const element = document.querySelector('vae-decoder');
        const errors = [];
        element.addEventListener('vae-error', ({ detail }) => errors.push(detail.error.message));
        await customElements.whenDefined('vae-decoder');
        element.setAttribute('limit', '2');
        await new Promise((next) => setTimeout(next));
        element.z = [1, 2, 3];
        const { name } = await element.ready;
        const alert = () => element.shadowRoot.querySelector('[role=alert]')?.textContent;
        const story = [name, element.z.length, alert(), ...errors];
        const drawn = new Promise((next) => element.addEventListener('vae-decode', next, { once: true }));
        element.z = new Array(12).fill(1);
        await drawn;
        return [...story, alert()];
      })()`);
      const text = 'z: expected 12 numbers, got 3.';
      expect(story).toEqual(['pixels', 12, text, text, undefined]);
    }));

  it('tells who waits that it left the page, but not when it is only moved', () =>
    open('<main></main>', async (page) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/pixels/' });
        document.body.append(element);
        const { ready } = element;
        document.querySelector('main').append(element);
        const moved = (await ready).name;
        element.remove();
        document.body.append(element);
        const waits = element.ready;
        // With nobody to hear it, it is no error of the page.
        const alone = element.cloneNode();
        document.body.append(alone);
        alone.remove();
        element.remove();
        const left = await waits.catch(({ name, message }) => name + ' ' + message);
        document.body.append(element);
        return [moved, left, (await element.ready).name];
      })()`);
      expect(story).toEqual([
        'pixels',
        'AbortError vae-decoder: left the page before its first picture.',
        'pixels',
      ]);
    }));

  it('refuses a target that is not there before anything is fetched', () =>
    open('', async (page, { server }) => {
      const refused = await page.evaluate(`(async () => {
        const { mountDecoder } = await import('/vae/element.js');
        const refused = [];
        for (const target of [document.querySelector('#missing'), '#missing', document]) {
          await mountDecoder(target, '/pixels/').catch(({ code, message }) => refused.push(code + ' ' + message));
        }
        return refused;
      })()`);
      const text = (came: string) =>
        `bad-option mountDecoder: the target is ${came}, expected an element or a shadow root; is it in the page yet?`;
      expect(refused).toEqual(['null', '#missing', '[object HTMLDocument]'].map(text));
      expect(server.requests).not.toContain('/pixels/vae.json');
    }));
});

/** Code that gives an element inside the decoder. */
function inShadow(selector: string): string {
  return `document.querySelector('vae-decoder').shadowRoot.querySelector('${selector}')`;
}
