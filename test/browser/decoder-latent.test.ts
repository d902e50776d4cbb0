import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromium } from '../support/browser.js';
import { openPage, pixels } from '../support/decoder-page.js';

describe.skipIf(!chromium)('the latent of <vae-decoder>', () => {
  it('gives no latent of one model to another, and draws again after a latent that did not fit', () =>
    openPage('', async (page, { problems }) => {
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

  it('goes back to the middle when its latent is taken away, before and after it is drawn', () =>
    openPage('', async (page) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/models/mnist-conv/', z: null });
        document.body.append(element);
        await element.ready;
        const story = [[...element.z]];
        for (const nothing of [null, undefined]) {
          element.z = [1, 2];
          element.z = nothing;
          story.push([...element.z]);
        }
        return story;
      })()`);
      expect(story).toEqual([
        [0, 0],
        [0, 0],
        [0, 0],
      ]);
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
    openPage('', async (page, { problems }) => {
      const found = await latentAfter(page, '/typo/', [1, 2], '/models/mnist-conv/');
      expect(problems.splice(0)).not.toEqual([]);
      expect(found).toEqual({ failed: true, z: [1, 2] });
    }));

  it('starts the next model at 0 after a latent that did not fit the one before', () =>
    openPage('', async (page) => {
      const found = await latentAfter(page, '/models/mnist-conv/', [1, 2, 3], '/pixels/');
      expect(found).toEqual({ failed: true, z: new Array(12).fill(0) });
    }));

  it('is ready with a latent that came while it loaded and does not fit, and says so', () =>
    openPage(pixels, async (page) => {
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
});
