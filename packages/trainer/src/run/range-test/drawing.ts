import { axes, coordinate, frame, HEIGHT, WIDTH, Y_RANGE } from '../report/axes.js';
import { type Html, html } from '../report/html.js';
import { linearScale, type Scale } from '../report/scale.js';
import type { RangeCurve, Reading } from './curve.js';

const STYLE = `
svg { background: #fff; }
text { fill: #57606a; font: 11px system-ui, "DejaVu Sans", sans-serif; }
.grid { stroke: #e3e7ec; } .axis { stroke: #57606a; }
polyline { fill: none; stroke-linejoin: round; }
.raw { stroke: #a9b2bc; } .smoothed { stroke: #1f6fc4; stroke-width: 1.75; }
.mark { stroke: #b8500a; stroke-dasharray: 4 3; } text.mark { stroke: none; fill: #b8500a; }`;

/** Powers of ten as they are written on an axis. */
const asPowers = ({ at, ticks }: Scale): Scale => ({
  at,
  ticks: ticks.map(({ value }) => ({ value, label: `1e${value}` })),
});

const line = (name: string, places: readonly (readonly [number, number])[]): Html =>
  html`<polyline class="${name}" points="${places.map(([x, y]) => `${coordinate(x)},${coordinate(y)}`).join(' ')}"/>`;

function mark(rate: number | undefined, x: Scale, label: (rate: string) => string): Html | undefined {
  if (rate === undefined) return undefined;
  const place = coordinate(x.at(Math.log10(rate)));
  const text = label(rate.toExponential(1));
  // A label stays inside the drawing.
  const anchor = place > WIDTH / 2 ? 'end' : 'start';
  return html`<line class="mark" x1="${place}" x2="${place}" y1="${Y_RANGE[1]}" y2="${Y_RANGE[0]}"/><text class="mark" x="${place + (anchor === 'end' ? -4 : 4)}" y="${Y_RANGE[1] + 10}" text-anchor="${anchor}">${text}</text>`;
}

/**
 * The loss over the learning rate as an SVG file, both as read and smoothed, with the suggestion marked.
 *
 * @example await writeFile('rates.svg', drawRates(await testRates(options)));
 */
export function drawRates({ readings, suggestion }: RangeCurve): string {
  const finite = readings.filter(({ loss }) => Number.isFinite(loss));
  const smoothed = finite.map((reading) => reading.smoothed);
  // What runs away would make all before it look flat.
  const shown = smoothed.slice(0, smoothed.indexOf(Math.min(...smoothed)) + 1);
  const y = linearScale(shown, { range: Y_RANGE, nice: true });
  const place = frame(y);
  const x = asPowers(
    linearScale(
      finite.map(({ learningRate }) => Math.log10(learningRate)),
      { range: [place.left + 6, place.right - 6], whole: true, count: 7 },
    ),
  );
  const within = (value: number): number => Math.min(Math.max(value, place.top), place.bottom);
  const points = (of: (reading: Reading) => number) =>
    finite.map((reading) => [x.at(Math.log10(reading.learningRate)), within(y.at(of(reading)))] as const);
  const labels = { x: 'learning rate', y: 'loss, nats per sample' };
  return `${
    html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${2 * WIDTH}" height="${2 * HEIGHT}" role="img" aria-label="Loss over the learning rate"><style>${STYLE}</style>
${axes({ x, y }, labels, place)}
${line(
  'raw',
  points(({ loss }) => loss),
)}
${line(
  'smoothed',
  points((reading) => reading.smoothed),
)}
${mark(suggestion, x, (rate) => `suggested ${rate}`)}
</svg>`.text
  }\n`;
}
