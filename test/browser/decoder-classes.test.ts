import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
// biome-ignore lint/style/noRestrictedImports: a model whose pictures are computed by hand is written with it
import { onnxModel } from '../../packages/sdk/src/testing/onnx.js';
import { chromium } from '../support/browser.js';
import { openPage, sigmoid } from '../support/decoder-page.js';

/** Two latents, each the logit of a pixel; a class adds its number to both. */
function model(classes = ['cat', 'dog', 'owl'], name = 'pets') {
  const decoder = onnxModel({
    inputs: [
      { name: 'z', shape: ['N', 2] },
      { name: 'label', shape: ['N', 3] },
    ],
    outputs: ['x', 'logits'].map((name) => ({ name, shape: ['N', 1, 1, 2] })),
    constants: [
      { name: 'shifts', shape: [3, 2], data: Float32Array.of(0, 0, 1, 1, 2, 2) },
      { name: 'shape', shape: [4], data: BigInt64Array.of(-1n, 1n, 1n, 2n) },
    ],
    nodes: [
      { op: 'MatMul', inputs: ['label', 'shifts'], outputs: ['shift'] },
      { op: 'Add', inputs: ['z', 'shift'], outputs: ['flat'] },
      { op: 'Reshape', inputs: ['flat', 'shape'], outputs: ['logits'] },
      { op: 'Sigmoid', inputs: ['logits'], outputs: ['x'] },
    ],
  });
  const sha256 = createHash('sha256').update(decoder).digest('hex');
  const manifest = {
    format: 'vae',
    version: 1,
    name,
    data: { kind: 'image', shape: [1, 1, 2], range: [0, 1] },
    latent: { kind: 'gaussian', shape: [2] },
    likelihood: { kind: 'bernoulli', output: 'logits' },
    labels: { classes, conditional: true },
    files: { decoder: { path: 'decoder.onnx', bytes: decoder.length, sha256 } },
  };
  return { [`/${name}/vae.json`]: JSON.stringify(manifest), [`/${name}/decoder.onnx`]: decoder };
}

const byteOf = (label: number) => Math.round(255 * sigmoid(label));

const inPage = `
  const element = document.querySelector('vae-decoder');
  const select = () => element.shadowRoot.querySelector('select');
  const byte = () => element.shadowRoot.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1).data[0];
  const drawn = () => new Promise((settle) => element.addEventListener('vae-decode', settle, { once: true }));
  await element.ready;
`;

describe.skipIf(!chromium)('<vae-decoder> of a conditional model', () => {
  const element = (attributes: string) =>
    `<vae-decoder src="/pets/" wasm="/ort/" ${attributes}></vae-decoder>`;

  it('draws the class of its label, and that which the reader chooses', () =>
    openPage(
      element('label="dog"'),
      async (page) => {
        const told = await page.evaluate(`(async () => {${inPage}
          const names = [...select().options].map(({ text }) => text);
          const first = [byte(), select().value];
          let next = drawn();
          element.label = '2';
          await next;
          const set = [byte(), select().value];
          next = drawn();
          select().selectedIndex = 0;
          select().dispatchEvent(new Event('change'));
          await next;
          return { names, first, set, chosen: [byte(), element.label] };
        })()`);
        expect(told).toEqual({
          names: ['cat', 'dog', 'owl'],
          first: [byteOf(1), 'dog'],
          set: [byteOf(2), 'owl'],
          chosen: [byteOf(0), 'cat'],
        });
      },
      { files: model() },
    ));

  it('draws the first class without a label, and refuses one that is none', () =>
    openPage(
      element(''),
      async (page) => {
        const told = await page.evaluate(`(async () => {${inPage}
          const failed = new Promise((settle) => element.addEventListener('vae-error', settle, { once: true }));
          const first = byte();
          element.setAttribute('label', 'dgo');
          return { first, error: (await failed).detail.error.message };
        })()`);
        expect(told).toEqual({ first: byteOf(0), error: expect.stringContaining("Did you mean 'dog'?") });
      },
      { files: model() },
    ));

  it('keeps the class that it draws where it is told one that is none, and goes on', () =>
    openPage(
      element('label="owl"'),
      async (page) => {
        const told = await page.evaluate(`(async () => {${inPage}
          const alert = () => element.shadowRoot.querySelector('[role=alert]')?.textContent;
          element.label = 'dgo';
          const wrong = [select().value, alert()];
          let next = drawn();
          element.z = [1, 1];
          const { z, label } = (await next).detail;
          const moved = [byte(), [...z], label, alert()];
          element.label = '7';
          const outside = alert();
          element.label = 'owl';
          return { wrong, moved, outside, right: alert() };
        })()`);
        const refused = (label: string) => `class label: '${label}' is no class of pets, expected`;
        expect(told).toEqual({
          wrong: ['owl', expect.stringContaining(refused('dgo'))],
          moved: [byteOf(3), [1, 1], 2, undefined],
          outside: expect.stringContaining(refused('7').replaceAll("'", '')),
          right: undefined,
        });
      },
      { files: model() },
    ));

  it('takes the label that it is given while it loads, whatever was there before', () =>
    openPage(
      element('label="dgo"'),
      async (page) => {
        const told = await page.evaluate(`(async () => {
          const element = document.querySelector('vae-decoder');
          const events = [];
          for (const type of ['vae-error', 'vae-load']) element.addEventListener(type, () => events.push(type));
          await customElements.whenDefined('vae-decoder');
          element.label = 'dog';
          await element.ready;
          return [events, element.shadowRoot.querySelector('select').value];
        })()`);
        expect(told).toEqual([['vae-load'], 'dog']);
      },
      { files: model() },
    ));

  it('forgets for another model what the reader chose, and keeps what the page says', () =>
    openPage(
      element(''),
      async (page) => {
        const told = await page.evaluate(`(async () => {${inPage}
          const choose = async (index) => {
            const next = drawn();
            select().selectedIndex = index;
            select().dispatchEvent(new Event('change'));
            await next;
          };
          const go = async (src) => {
            element.src = src;
            await element.ready;
            return [element.label, element.decoder.name, select()?.value];
          };
          const steps = [];
          await choose(2);
          steps.push(await go('/pixels/'), await go('/pets/'));
          await choose(2);
          element.label = 'dog';
          steps.push(await go('/others/'));
          await choose(1);
          element.remove();
          element.src = '/pets/';
          document.body.append(element);
          steps.push(await go('/pets/'));
          return steps;
        })()`);
        expect(told).toEqual([
          [null, 'pixels', undefined],
          [null, 'pets', 'cat'],
          ['dog', 'others', 'dog'],
          [null, 'pets', 'cat'],
        ]);
      },
      { files: { ...model(), ...model(['dog', 'emu', 'fox'], 'others') } },
    ));

  it('goes by numbers in a script, and in attributes by names first', () =>
    openPage(
      '<vae-decoder src="/swapped/" wasm="/ort/" label="0"></vae-decoder>',
      async (page) => {
        const told = await page.evaluate(`(async () => {${inPage}
          const { mountDecoder } = await import('/vae/element.js');
          const options = { wasm: { paths: '/ort/' }, classLabel: 0 };
          const mounted = await mountDecoder(document.body, '/swapped/', options);
          const given = [byte(), mounted.classLabel];
          mounted.classLabel = '0';
          const named = mounted.classLabel;
          mounted.classLabel = mounted.classLabel;
          const refusal = await mountDecoder(document.body, '/swapped/', { ...options, label: 1 }).catch(
            ({ message }) => message,
          );
          return { given, named, same: mounted.classLabel, refusal };
        })()`);
        expect(told).toEqual({
          given: [byteOf(1), 0],
          named: 1,
          same: 1,
          refusal:
            'mountDecoder: label is 1, expected what screen readers call the picture (classLabel is its class).',
        });
      },
      { files: model(['1', '0', '2'], 'swapped') },
    ));

  it('says that another model takes no label', () =>
    openPage('', async (page) => {
      const told = await page.evaluate(`(async () => {
        const { mountDecoder } = await import('/vae/element.js');
        const options = { wasm: { paths: '/ort/' }, classLabel: 1 };
        return mountDecoder(document.body, '/pixels/', options).catch(({ message }) => message);
      })()`);
      expect(told).toBe('mountDecoder: pixels takes no labels; leave the label out.');
    }));
});
