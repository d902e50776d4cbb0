/**
 * Why a page loads nothing from a place. Apart, because it is loaded when it is needed; imports nothing, as
 * `explainWasm` does not.
 *
 * @param page what a path was taken relative to
 */
export function notAUrl(source: string, page: string | undefined): string {
  const lost = page && !/^(https?|file):/.test(page);
  if (lost) return `'${source}': a path leads nowhere from ${page.slice(0, 80)}; pass the whole URL.`;
  return (
    `'${source}': a browser loads models from http(s) URLs (or paths beginning with '/' or './'), from the Hugging ` +
    'Face Hub (hf:owner/name), or from bytes or Blobs given as { manifest, encoder, decoder }. Folders and ' +
    'bundled names work in Node; to use one in a page, copy its folder to the server and give its URL.'
  );
}
