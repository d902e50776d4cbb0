import type { Trace } from './pen.js';

/** Half the width of a line's soft edge, in pixels. */
const EDGE = 0.6;

/**
 * Draws a trace as a line with round ends and soft edges.
 *
 * A pixel's value falls from 255 to 0 over the edge, by its distance to the nearest piece of the line:
 * 255 · clamp((radius + EDGE − distance) / (2 · EDGE)).
 *
 * @param trace points in pixels, (0, 0) being the centre of the picture
 * @param out bytes [height, width], overwritten
 */
export function drawTrace(trace: Trace, width: number, height: number, out: Uint8Array): void {
  out.fill(0);
  for (let i = 1; i < trace.length; i++) {
    if (trace.start[i] === 0) drawPiece(trace, i, width, height, out);
  }
}

/** One straight piece, from point `end - 1` to point `end`; each pixel keeps its brightest value. */
function drawPiece(trace: Trace, end: number, width: number, height: number, out: Uint8Array): void {
  // Pixel (column, row) has its centre at column + 1/2, row + 1/2.
  const fromX = trace.x[end - 1] + width / 2 - 0.5;
  const fromY = trace.y[end - 1] + height / 2 - 0.5;
  const toX = trace.x[end] + width / 2 - 0.5;
  const toY = trace.y[end] + height / 2 - 0.5;
  const fromRadius = trace.radius[end - 1];
  const wider = trace.radius[end] - fromRadius;
  const reach = Math.max(fromRadius, fromRadius + wider) + EDGE;
  const firstColumn = Math.max(0, Math.ceil(Math.min(fromX, toX) - reach));
  const lastColumn = Math.min(width - 1, Math.floor(Math.max(fromX, toX) + reach));
  const firstRow = Math.max(0, Math.ceil(Math.min(fromY, toY) - reach));
  const lastRow = Math.min(height - 1, Math.floor(Math.max(fromY, toY) + reach));
  const alongX = toX - fromX;
  const alongY = toY - fromY;
  const lengthSquared = alongX * alongX + alongY * alongY;
  const perLength = lengthSquared > 0 ? 1 / lengthSquared : 0;
  for (let row = firstRow; row <= lastRow; row++) {
    const dy = row - fromY;
    for (let column = firstColumn; column <= lastColumn; column++) {
      const dx = column - fromX;
      const along = (dx * alongX + dy * alongY) * perLength;
      const t = Math.min(1, Math.max(0, along));
      const offX = dx - t * alongX;
      const offY = dy - t * alongY;
      const squared = offX * offX + offY * offY;
      const outer = fromRadius + t * wider + EDGE;
      if (squared >= outer * outer) continue;
      const cover = (outer - Math.sqrt(squared)) / (2 * EDGE);
      const value = cover >= 1 ? 255 : Math.floor(255 * cover + 0.5);
      const at = row * width + column;
      if (value > out[at]) out[at] = value;
    }
  }
}
