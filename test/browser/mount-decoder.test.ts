import { describe, expect, it } from 'vitest';
import { chromium } from '../support/browser.js';
import { openPage, sigmoid } from '../support/decoder-page.js';

describe.skipIf(!chromium)('the helper mountDecoder', () => {
  it('is drawn once per newest latent, however fast they come, by the helper', () =>
    openPage('<main></main>', async (page) => {
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
        refused: "mountDecoder: controls is 'dial', expected 'auto', 'sliders', 'pad' or 'none'.",
      });
      // The first picture, one under way when the hundred came, and the newest.
      expect((result as { seen: number }).seen).toBeLessThanOrEqual(3);
    }));

  it('reports what onDecode throws once: at the first picture by the promise, later by onError', () =>
    openPage('', async (page) => {
      const told = await page.evaluate(`(async () => {
        const { mountDecoder } = await import('/vae/element.js');
        const [told, pictures] = [[], []];
        const mount = (failing) => {
          pictures.length = 0;
          const onDecode = () => {
            if (pictures.push('drawn') === failing) throw new Error('picture ' + failing);
          };
          const onError = ({ message }) => told.push('onError: ' + message);
          return mountDecoder(document.body, '/pixels/', { wasm: { paths: '/ort/' }, onDecode, onError });
        };
        await mount(1).catch(({ message }) => told.push('promise: ' + message));
        const mounted = await mount(2);
        mounted.z = new Array(12).fill(1);
        await mounted.redraw();
        await mounted.dispose();
        return told;
      })()`);
      expect(told).toEqual(['promise: picture 1', 'onError: picture 2']);
    }));

  it('refuses a target that is not there before anything is fetched', () =>
    openPage('', async (page, { server }) => {
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

  it.each([
    ['vectors', { data: { kind: 'vector', shape: [5] } }, {}, "kind 'vector', which is no picture"],
    [
      'a pad for one dimension',
      { latent: { kind: 'gaussian', shape: [1] } },
      { controls: 'pad' },
      'needs two',
    ],
    ['a latent that does not fit', {}, { z: [1, 2, 3] }, 'expected 2 numbers, got 3'],
    ['a latent that is an empty text', {}, { z: '' }, "z: expected 2 numbers, got ''."],
    ['a latent that is 0', {}, { z: 0 }, 'z: expected 2 numbers, got 0.'],
    ['a latent of texts', {}, { z: ['1', '2'] }, "z: element 0 is '1', expected a finite number"],
  ])('refuses by the manifest alone, before runtime and model are fetched: %s', (_, more, options, text) => {
    const file = { path: 'decoder.onnx', bytes: 10, sha256: '0'.repeat(64) };
    const manifest = {
      ...{
        format: 'vae',
        version: 1,
        name: 'small',
        data: { kind: 'image', shape: [1, 8, 8], range: [0, 1] },
      },
      ...{ latent: { kind: 'gaussian', shape: [2] }, likelihood: { kind: 'bernoulli', output: 'logits' } },
      ...{ files: { decoder: file }, ...more },
    };
    return openPage(
      '',
      async (page, { server }) => {
        const refused = await page.evaluate(`(async () => {
          const { mountDecoder } = await import('/vae/element.js');
          const options = { wasm: { paths: '/ort/' }, ...${JSON.stringify(options)} };
          return mountDecoder(document.body, '/small/', options).catch(({ message }) => message);
        })()`);
        expect(refused).toContain(text);
        expect(server.requests.filter((path) => /wasm|onnx|ort/.test(path))).toEqual([]);
      },
      { files: { '/small/vae.json': JSON.stringify(manifest) } },
    );
  });
});
