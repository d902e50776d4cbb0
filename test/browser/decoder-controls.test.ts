import { decodePng } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { chromium } from '../support/browser.js';
import {
  codes,
  digit,
  digitsOfNode,
  distance,
  drawn,
  element,
  inShadow,
  openPage,
  pixels,
  ready,
  sigmoid,
  tolerance,
} from '../support/decoder-page.js';

/** Relative luminance of a grey, from 0 to 255 (WCAG 2.2). */
function luminance(grey: number): number {
  const c = grey / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

describe.skipIf(!chromium)('pad, sliders and buttons of the element', () => {
  const expectDigit = digitsOfNode();

  it('moves on the pad by pointer', () =>
    openPage(digit, async (page) => {
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
    openPage(digit, async (page) => {
      await ready(page);
      await page.evaluate(`document.querySelector('vae-decoder').z = [-1.5, 0.75]`);
      await drawn(page);
      const picture = async () => decodePng(await element(page).locator('[part=controls]').screenshot()).data;
      const before = await picture();
      await page.evaluate(`document.documentElement.dir = 'rtl'`);
      // The circle's edge is smoothed a little differently; a line is 55 % of black.
      expect(distance(before, await picture())).toBeLessThan(0.2 * 255);
    }));

  it.each([
    ['#000', '#fff'],
    ['#333', '#fff'],
    ['#eee', '#222'],
  ])('has on a page of %s on %s an edge that stands out as WCAG 2.2 asks', (text, page) =>
    openPage(`<style>body { color: ${text}; background: ${page} }</style>${digit}`, async (opened) => {
      await ready(opened);
      const { data, width, height } = decodePng(await element(opened).locator('[part=pad]').screenshot());
      const grey = (x: number) =>
        data[(Math.floor(height / 4) * width + x) * (data.length / width / height)]!;
      const [edge, inside] = [grey(0), grey(Math.floor(width / 4))].map(luminance);
      const [dark, light] = [edge!, inside!].sort((a, b) => a - b);
      // Success criterion 1.4.11.
      expect((light! + 0.05) / (dark! + 0.05)).toBeGreaterThanOrEqual(3);
    }),
  );

  it('moves on the pad by keyboard, and tells screen readers', () =>
    openPage(digit, async (page) => {
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

  it('leaves the direction alone in which nothing moved', () =>
    openPage(digit.replace('src', 'limit="1" src'), async (page) => {
      await ready(page);
      const z = (code: string) => page.evaluate(`{ ${code}; [...document.querySelector('vae-decoder').z] }`);
      await z(`document.querySelector('vae-decoder').z = [0, 2]`);
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowRight');
      expect(distance((await drawn(page)).z, [0.1, 2])).toBeLessThan(1e-6);
      await z(`document.querySelector('vae-decoder').z = [0, 0.123456]`);
      await element(page).getByRole('slider', { name: 'z0' }).fill('0.5');
      expect(distance((await drawn(page)).z, [0.5, 0.123456])).toBeLessThan(1e-6);
    }));

  it('follows the first finger only', () =>
    openPage(digit, async (page) => {
      await ready(page);
      const box = (await element(page).locator('[part=pad]').boundingBox())!;
      const finger = (id: number, x: number, y: number) => ({
        id,
        x: box.x + (box.width * (x + 3)) / 6,
        y: box.y + (box.height * (3 - y)) / 6,
      });
      const session = await page.context().newCDPSession(page);
      const touch = (type: 'touchStart' | 'touchMove', ...touchPoints: ReturnType<typeof finger>[]) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints });
      await touch('touchStart', finger(0, 1, 1));
      await touch('touchStart', finger(0, 1, 1), finger(1, -2, -2));
      await touch('touchMove', finger(0, 1, 1), finger(1, -2.5, -2.5));
      expect(distance((await drawn(page)).z, [1, 1])).toBeLessThan(6 / 280);
      await touch('touchMove', finger(0, 2, 0), finger(1, -2.5, -2.5));
      expect(distance((await drawn(page)).z, [2, 0])).toBeLessThan(6 / 280);
    }));

  it.each([
    ['pad', digit],
    ['sliders', pixels],
  ])('announces no value but that of the slider that moves: %s', (_, html) =>
    openPage(html, async (page) => {
      await ready(page);
      const live = await element(page)
        .locator('output')
        .evaluateAll((outputs) => outputs.map((output) => output.getAttribute('aria-live')));
      expect(new Set(live)).toEqual(new Set(['off']));
    }),
  );

  it('shows a slider for each of the ten dimensions that tell most', () =>
    openPage(pixels, async (page) => {
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
    openPage(
      '<vae-decoder src="/pixels/" wasm="/ort" controls="pad" limit="2"></vae-decoder>',
      async (page) => {
        await ready(page);
        const box = (await element(page).locator('[part=pad]').boundingBox())!;
        await page.mouse.click(box.x + box.width * 0.75, box.y + box.height * 0.25);
        const { z } = await drawn(page);
        expect(distance(z, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])).toBeLessThan(4 / 280);
      },
    ));

  it('draws from the prior, and goes back to 0', () =>
    openPage(pixels, async (page) => {
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

  it("moves through a plain autoencoder's codes, in their deviations from their mean", () =>
    openPage(pixels.replace('pixels', 'codes'), async (page) => {
      await ready(page);
      const { mean, std } = codes;
      const start = await drawn(page);
      expect(distance(start.z, mean)).toBeLessThan(1e-6);
      expect(distance(start.values, mean.map(sigmoid))).toBeLessThan(tolerance);
      // The widest first.
      const [first] = await element(page).locator('label').allTextContents();
      expect(first).toBe('z7');
      await element(page).getByLabel('z7').fill('-2');
      expect((await drawn(page)).z[7]).toBeCloseTo(mean[7] - 2 * std[7], 5);
      await element(page).getByRole('button', { name: 'Random' }).click();
      const random = await drawn(page);
      // A normal number is beyond 6 in one of 500 million draws.
      expect(distance(random.z, mean)).toBeLessThan(6 * 0.5);
      expect(distance(random.z, mean)).toBeGreaterThan(0);
      await element(page).getByRole('button', { name: 'Reset' }).click();
      expect(distance((await drawn(page)).z, mean)).toBeLessThan(1e-6);
      expect(await element(page).locator('output[for=z7]').textContent()).toBe('0.00');
    }));

  it.each([
    ['pad', ['Alt+ArrowLeft', 'Control+Home', 'Meta+ArrowLeft']],
    ['sliders', ['Control+0', 'Meta+0', 'Alt+0']],
  ])('leaves keys of the browser and the system alone: %s', (controls, keys) =>
    openPage(digit.replace('src', `controls="${controls}" src`), async (page) => {
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
});
