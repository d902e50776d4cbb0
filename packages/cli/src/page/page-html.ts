/** What a page says and shows. */
export interface PageText {
  readonly title: string;
  /** Extents of a picture: channels, height, width. */
  readonly shape: readonly number[];
  /** How many numbers a latent has. */
  readonly latentSize: number;
  /** Whether the page has a list of classes. */
  readonly conditional?: boolean;
}

/** Folders of a page, beside its index.html. */
export const places = { scripts: 'vae', model: 'model' } as const;

/** The script that defines the element. */
export const ELEMENT = 'element.js';

/** Standard deviations of the prior that a control goes to either side. */
const LIMIT = 3;
/** Most sliders on a page; more cannot be taken in at a glance. */
const SLIDERS = 10;
/** Pictures of fewer pixels look better with each pixel a square. */
const SMOOTH_FROM = 48;

/** Nothing but the page's own files, which is also a promise to who opens it; the icon is an empty one in its address. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data:";

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]);

function howTo({ latentSize, conditional = false }: Pick<PageText, 'latentSize' | 'conditional'>): string {
  if (conditional) return `Choose a class from the list. ${howTo({ latentSize })}`;
  const deviations = `−${LIMIT} to ${LIMIT} standard deviations`;
  if (latentSize === 2)
    return `Move through the plane: each direction is one latent dimension, ${deviations}.`;
  const some = latentSize > SLIDERS ? ` These ${SLIDERS} of ${latentSize} say most about the picture.` : '';
  return `Each slider is one latent dimension, ${deviations}.${some} Random draws all of them.`;
}

/**
 * The page around a decoder: a heading, one sentence, the picture and its controls. It has no script of its own and
 * asks no other host for anything.
 *
 * @example pageHtml({ title: 'Faces', shape: [3, 64, 64], latentSize: 32 })
 */
export function pageHtml(text: PageText): string {
  const { title, shape } = text;
  const name = escaped(title);
  const rendering = Math.min(...shape.slice(-2)) < SMOOTH_FROM ? 'pixelated' : 'auto';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${name}</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --vae-size: 360px; --vae-accent: #3b6fd4 }
  body { margin: 0; padding: 6vh 20px 40px }
  main { max-inline-size: 760px; margin: 0 auto }
  h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere }
  p { margin: 8px 0 24px; opacity: .75 }
  vae-decoder::part(frame) { gap: 28px }
  vae-decoder::part(canvas) { image-rendering: ${rendering}; border-radius: 10px }
  vae-decoder:not(:defined)::before {
    content: "Loading … If nothing comes, open this page from a web server, not as a file.";
  }
</style>
<script type="module" src="${places.scripts}/${ELEMENT}"></script>
<main>
  <h1>${name}</h1>
  <p>${howTo(text)}</p>
  <vae-decoder src="${places.model}/" device="wasm" limit="${LIMIT}" sliders="${SLIDERS}" alt="${name}: decoded picture"></vae-decoder>
</main>
</html>
`;
}
