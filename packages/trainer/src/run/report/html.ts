/** A piece of a page that is HTML already. Only `html` and `trusted` make one. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

export type Part = string | number | Html | undefined | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that means itself, between tags and inside a quoted attribute alike. */
const escapeText = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]);

function show(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(show).join('');
  return escapeText(String(part));
}

/**
 * Template tag: everything put in is escaped, but for what is `Html`. Lists are joined, `undefined` shows nothing.
 *
 * @example html`<p>${'1 < 2'}</p>`.text // '<p>1 &lt; 2</p>'
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(String.raw({ raw: strings }, ...parts.map(show)));

/** HTML from our own source, such as the style sheet: never anything a recipe or a file says. */
export const trusted = (text: string): Html => new Html(text);
