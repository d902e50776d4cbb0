import type { OpenOptions } from './model-source.js';

/** Where a file is. */
interface FilePath extends Pick<OpenOptions, 'fetch'> {
  readonly where: string;
  readonly inside: string;
  readonly name: string;
}

/** The folder and the name of a file; those of a URL are in its path, and a file: URL writes them in escapes. */
export function splitPath(text: string, options: OpenOptions): FilePath {
  const url = /^(https?|file):/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return { where: text, ...cutAt(text, Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\'))) };
  const bare = new URL(url);
  bare.search = '';
  bare.hash = '';
  const { inside, name } = cutAt(bare.href, bare.href.lastIndexOf('/'));
  if (url.protocol === 'file:') return { where: text, inside, name: unescaped(name) };
  if (url.search === '') return { where: bare.href, inside, name };
  // A query is for this file alone. It may be a signature that lets anyone in, so no error has it.
  const fetch: typeof globalThis.fetch = (to, init) =>
    (options.fetch ?? globalThis.fetch)(String(to) === bare.href ? url : to, init);
  return { where: bare.href, inside, name, fetch };
}

const cutAt = (path: string, slash: number) => ({
  inside: path.slice(0, slash + 1) || './',
  name: path.slice(slash + 1),
});

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
