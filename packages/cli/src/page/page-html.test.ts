import { expect, it } from 'vitest';
import { pageHtml } from './page-html.js';

const photos = { title: 'Photos', shape: [3, 64, 64], latentSize: 32 };

it('is a heading, a sentence and the element', () => {
  const html = pageHtml(photos);
  expect(html).toContain('<h1>Photos</h1>');
  expect(html).toContain('−3 to 3 standard deviations. These 10 of 32 say most about the picture.');
  expect(html).toMatch(/<vae-decoder src="model\/" .*limit="3" sliders="10" alt="Photos: decoded picture">/);
});

it('says nothing of a choice where all latents have a slider, and speaks of the plane where there are two', () => {
  expect(pageHtml({ ...photos, latentSize: 10 })).not.toContain('These');
  expect(pageHtml({ ...photos, latentSize: 2 })).toContain('Move through the plane');
});

it('speaks of the list of classes where there is one', () => {
  const [without, conditional] = [false, true].map((has) => pageHtml({ ...photos, conditional: has }));
  expect(without).not.toContain('class from');
  expect(conditional).toContain('<p>Choose a class from the list. Each slider is one latent dimension, −3');
});

it('takes a title as text, whatever is in it', () => {
  const html = pageHtml({ ...photos, title: `<img src=x onerror="alert(1)"> & 'more'` });
  expect(html).not.toContain('<img');
  expect(html).toContain("<title>&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; 'more'</title>");
});

it('draws small pictures with visible pixels, and large ones smoothly', () => {
  const rendering = (size: number) =>
    /image-rendering: (\w+)/.exec(pageHtml({ ...photos, shape: [1, size, size] }))![1];
  expect([28, 47, 48, 256].map(rendering)).toEqual(['pixelated', 'pixelated', 'auto', 'auto']);
});

it('has no script of its own, and names no other host', () => {
  const html = pageHtml(photos);
  expect(html.match(/<script[^>]*>[^<]*/g)).toEqual(['<script type="module" src="vae/element.js">']);
  expect(html).not.toMatch(/https?:/);
});
