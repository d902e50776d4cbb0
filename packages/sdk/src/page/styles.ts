/// <reference lib="dom" />

/**
 * Everything is drawn in the text's own colour, so it fits light and dark pages alike. A page changes `--vae-size`
 * and `--vae-accent`, or styles the parts. Numbers and the plane are those of a plot, from left to right on any page.
 */
const css = `
:host { display: block }
:host([hidden]) { display: none }
[part=frame], [part=status], [part=error] { margin: 0; font: 14px/1.4 system-ui, sans-serif; overflow-wrap: anywhere }
/* As high as a plane with its readout and buttons: a line, 8px, 12px and a button's height below it. */
[part=status] { min-block-size: calc(var(--vae-size, 280px) + 74px) }
[part=frame] {
  --line: color-mix(in srgb, currentColor 55%, transparent);
  --axis: color-mix(in srgb, currentColor 15%, transparent);
  display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start;
  accent-color: var(--vae-accent, auto);
}
[part=canvas] {
  display: block; box-sizing: border-box; inline-size: var(--vae-size, 280px); max-inline-size: 100%;
  image-rendering: pixelated;
}
[part=panel] { flex: 0 1 var(--vae-size, 280px); min-inline-size: 0; max-inline-size: 100% }
[part=classes] { display: block; margin-block-end: 12px }
[part=class] { padding: 4px; font: inherit; max-inline-size: 100% }
[part=value] { direction: ltr; font-variant-numeric: tabular-nums; text-align: right }
.plane { display: grid; gap: 8px }
[part=pad] {
  direction: ltr; position: relative; aspect-ratio: 1; border: 1px solid var(--line); box-sizing: border-box;
  background:
    linear-gradient(var(--axis) 0 0) 50% / 1px 100% no-repeat,
    linear-gradient(var(--axis) 0 0) 50% / 100% 1px no-repeat;
  cursor: crosshair; touch-action: none; overflow: hidden;
}
[part=pad]:has(:focus-visible) { outline: 2px solid var(--vae-accent, currentColor); outline-offset: 2px }
[part=pad] input {
  position: absolute; inset: 0; inline-size: 1px; block-size: 1px; margin: 0; opacity: 0; pointer-events: none;
}
[part=crosshair] {
  position: absolute; inline-size: 16px; block-size: 16px; margin: -8px; box-sizing: border-box;
  border: 2px solid var(--vae-accent, currentColor); border-radius: 50%; pointer-events: none;
}
[part=crosshair]::before, [part=crosshair]::after {
  content: ""; position: absolute; inset: 50% auto auto 50%; background: var(--line);
}
[part=crosshair]::before { width: 2000px; height: 1px; margin-left: -1000px }
[part=crosshair]::after { width: 1px; height: 2000px; margin-top: -1000px }
.sliders { display: grid; grid-template-columns: auto minmax(0, 1fr) 3.2em; gap: 6px 10px; align-items: center }
[part=slider] { inline-size: 100%; margin: 0; touch-action: pan-y }
[part=buttons] { display: flex; gap: 8px; margin-block-start: 12px }
[part=button] {
  padding: 6px 12px; border: 1px solid var(--line); border-radius: 6px; background: none; color: inherit; font: inherit;
}
[part=button]:hover { border-color: currentColor }
`;

/** A document takes only sheets that were made with its own window. */
const sheets = new WeakMap<Document, CSSStyleSheet>();

/**
 * Gives a shadow root the styles of what is mounted in it; after it came into its document, not before. Tests of pages run in
 * documents that have no such styles (jsdom).
 */
export function adopt(root: ShadowRoot): void {
  const adopted = root.adoptedStyleSheets as CSSStyleSheet[] | undefined;
  const sheet = adopted && sheetOf(root.ownerDocument);
  if (sheet && !adopted.includes(sheet)) adopted.push(sheet);
}

/**
 * A constructed sheet: a page's content security policy does not stop it, as it would a style element. A document
 * without a window is never shown and has none.
 */
function sheetOf(document: Document): CSSStyleSheet | undefined {
  const known = sheets.get(document);
  if (known || !document.defaultView) return known;
  const sheet = new document.defaultView.CSSStyleSheet();
  sheet.replaceSync(css);
  sheets.set(document, sheet);
  return sheet;
}
