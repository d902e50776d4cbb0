const CLASS_COLOURS = Array.from({ length: 10 }, (_, i) => `.c${i} { color: var(--c${i}); }`).join('\n');

/** The page's whole style: one column, drawings side by side where they fit, colours that follow the reader's. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --panel: #f6f7f9; --text: #1b1f24; --soft: #57606a; --rule: #d5dae0; --grid: #e3e7ec;
  --train: #1f6fc4; --validation: #b8500a; --test: #08795a; --faint: #a9b2bc;
  --c0: #1f6fc4; --c1: #c45a00; --c2: #18803a; --c3: #c22a2a; --c4: #7a4fc0;
  --c5: #84533f; --c6: #c23d92; --c7: #5d6670; --c8: #8a7a00; --c9: #0a8496;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --panel: #1d2126; --text: #e4e8ec; --soft: #a0aab4; --rule: #3a414a; --grid: #2c3239;
    --train: #6db3ff; --validation: #ffad66; --test: #5fd6a9; --faint: #66707b;
    --c0: #6db3ff; --c1: #ffad66; --c2: #6fd67f; --c3: #ff8a80; --c4: #b99cff;
    --c5: #c9a08e; --c6: #ff8fd0; --c7: #b4bdc7; --c8: #e0d04a; --c9: #4fd3e6;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: break-word;
}
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { margin: 0 0 8px; font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 40px 0 8px; font-size: 1.25rem; }
p { max-width: 46em; margin: 8px 0; }
.note { color: var(--soft); font-size: .875rem; }
pre {
  margin: 8px 0; padding: 12px; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px;
  font: .8125rem/1.45 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
pre span { display: inline-block; max-width: 100%; }
.scroll { overflow-x: auto; }
.tall { max-height: 300px; overflow: auto; }
.tall table { width: 100%; font-size: .75rem; }
.tall th, .tall td { padding: 3px; }
.tall th:first-child { padding-left: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
th:first-child { padding-left: 0; text-align: left; font-weight: 400; }
thead th { border-bottom-color: var(--soft); font-weight: 600; vertical-align: bottom; }
thead th:first-child { color: var(--soft); }
thead small { display: block; color: var(--soft); font-weight: 400; }
td span { color: var(--soft); white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin: 8px 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.columns { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 16px; align-items: start; }
figure { margin: 0; }
h3 { margin: 16px 0 4px; font-size: 1rem; }
figure h3 { margin-top: 0; }
.columns > * { min-width: 0; padding: 12px; background: var(--panel); border-radius: 6px; }
.picture { margin: 16px 0 24px; }
figcaption { margin-bottom: 6px; }
img { display: block; max-width: 100%; height: auto; image-rendering: pixelated; }
/* A picture wider than the page loses whole lines where its pixels stay squares. */
img.wide { image-rendering: auto; }
summary { cursor: pointer; }
figure > svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.grid { stroke: var(--grid); }
.axis { stroke: var(--soft); }
.line { color: var(--train); }
.line.validation { color: var(--validation); }
.line.test { color: var(--test); }
.line line, .line polyline { fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linejoin: round; }
.line.validation line, .line.validation polyline { stroke-dasharray: 7 3; }
.line.test line, .line.test polyline { stroke-dasharray: 2 2.5; }
.line circle { fill: currentColor; }
.bar { fill: var(--train); }
.bar.faint { fill: var(--faint); }
${CLASS_COLOURS}
.dots { fill: none; stroke: currentColor; stroke-width: 3; stroke-linecap: round; stroke-opacity: .7; }
svg text.caption { fill: currentColor; stroke: var(--panel); stroke-width: 3.5px; paint-order: stroke; font-weight: 700; font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 8px 0 0; padding: 0; list-style: none; font-size: .875rem; }
.legend li::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .4em; border-radius: 50%; background: currentColor; }
.legend small { color: var(--soft); }
.heat { fill: var(--train); }
.frame { fill: none; stroke: var(--rule); }
.status { padding: 8px 12px; background: var(--panel); border-left: 4px solid var(--validation); }
@media (max-width: 600px) {
  table { font-size: .875rem; }
  th, td { padding: 4px 6px; }
  h2 { margin-top: 32px; }
  td span { display: block; }
}
/* Squares cannot be kept where a picture shrinks below its own size; smooth letters can still be read. */
@media (max-width: 600px) and (max-resolution: 1.5dppx) { img { image-rendering: auto; } }
`;
