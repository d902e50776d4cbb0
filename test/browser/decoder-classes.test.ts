import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
// biome-ignore lint/style/noRestrictedImports: a model whose pictures are computed by hand is written with it
import { onnxModel } from '../../packages/sdk/src/testing/onnx.js';
import { chromium } from '../support/browser.js';
import { openPage, sigmoid } from '../support/decoder-page.js';

/** Two latents, each the logit of a pixel; a class adds its number to both. */
function model() {
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
    name: 'pets',
    data: { kind: 'image', shape: [1, 1, 2], range: [0, 1] },
    latent: { kind: 'gaussian', shape: [2] },
    likelihood: { kind: 'bernoulli', output: 'logits' },
    labels: { classes: ['cat', 'dog', 'owl'], conditional: true },
    files: { decoder: { path: 'decoder.onnx', bytes: decoder.length, sha256 } },
  };
  return { '/pets/vae.json': JSON.stringify(manifest), '/pets/decoder.onnx': decoder };
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
