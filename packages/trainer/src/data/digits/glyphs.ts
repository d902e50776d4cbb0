/**
 * How each digit is written: the path of the pen, in several habits per digit.
 *
 * A point is `x,y` in a box 0..100 wide and high, y downwards; a path is one movement of the pen. The points steer a smooth
 * curve (a quadratic B-spline, which passes inside them and starts and ends on the outer two); `*` after a point makes a
 * corner that the pen passes through. Proportions need no care here: the drawing is fitted to its box afterwards.
 */

/** One movement of the pen: points and which of them are corners. */
export interface Stroke {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly corner: readonly boolean[];
}

/** One habit of writing a digit; `share` is how often it is chosen among those of its digit. */
export interface Glyph {
  readonly share: number;
  readonly strokes: readonly Stroke[];
}

/** The most points that any glyph has over all its strokes. */
export const MAX_POINTS = 20;

/** The habits of each digit, 0 to 9; their shares sum to 1. */
export const glyphs: readonly (readonly Glyph[])[] = [
  [
    // From the top, against the clock; closed, overlapping, or closed with a hook inwards.
    glyph(0.5, '56,1 28,-2 6,30 8,68 26,102 62,102 92,70 92,30 76,0 50,2'),
    glyph(0.3, '70,6 40,-8 6,22 4,70 30,106 70,98 96,62 90,20 64,-6 38,4 32,18'),
    glyph(0.2, '36,8 12,24 4,64 24,104 66,104 96,72 94,26 70,-4 44,-2 28,14'),
  ],
  [
    glyph(0.62, '52,0 50,34 50,66 48,100'),
    glyph(0.24, '26,24 40,14 54,0* 52,50 52,100'),
    glyph(0.14, '28,22 42,12 54,0* 52,50 52,98', '24,99 52,98 80,99'),
  ],
  [
    // A sharp foot, a foot with a loop, and a foot that waves.
    glyph(0.4, '10,26 18,2 58,-10 88,12 84,42 54,68 12,96* 50,95 94,97'),
    glyph(0.35, '12,20 26,-2 66,-8 86,18 76,50 46,84 16,104 2,88 18,74 44,82 66,98 96,92'),
    glyph(0.25, '14,28 16,4 52,-8 84,8 82,36 60,62 34,80 12,92* 34,80 62,104 92,86'),
  ],
  [
    glyph(0.5, '12,14 30,-4 74,-6 86,24 66,44 38,47* 72,46 96,66 86,98 42,106 8,88'),
    glyph(0.2, '14,5 48,4 82,3* 64,24 44,42* 78,42 98,70 78,104 34,104 8,86'),
    glyph(0.3, '10,16 28,-6 80,-6 84,30 58,46 30,52 36,42 66,44 96,60 90,100 40,108 6,86'),
  ],
  [
    // Open, closed to a point, and with a round left arm.
    glyph(0.45, '22,2 20,28 10,58* 50,57 92,54', '76,6 74,50 70,100'),
    glyph(0.3, '68,0 38,36 6,68* 50,68 96,66', '68,0 68,50 66,100'),
    glyph(0.25, '18,4 8,34 16,58 46,58 78,40', '82,2 78,40* 74,70 70,100'),
  ],
  [
    // In one go, with the top bar put on afterwards, and rounded off.
    glyph(0.4, '86,2 54,3 26,4* 23,24 20,44* 54,30 92,50 88,88 48,108 8,90'),
    glyph(0.35, '30,6 26,26 22,44* 58,32 90,52 84,92 44,106 8,92', '28,6 56,4 90,1'),
    glyph(0.25, '84,4 50,0 26,8 22,30 30,44 60,42 88,58 84,94 46,108 10,92'),
  ],
  [
    glyph(0.5, '72,1 42,8 10,44 8,84 30,106 68,104 88,80 72,54 38,54 14,78'),
    glyph(0.3, '58,0 34,28 14,62 16,96 48,108 82,92 76,62 48,54 22,68 20,86'),
    glyph(0.2, '84,8 56,-4 16,22 6,70 24,106 66,106 90,80 74,52 40,50 16,70'),
  ],
  [
    // Plain, with a bar through the stem, with a serif, and with a bent stem.
    glyph(0.42, '10,8 48,6 88,3* 66,44 44,100'),
    glyph(0.22, '12,8 50,6 88,3* 68,44 46,100', '30,52 54,50 82,48'),
    glyph(0.16, '10,22 12,6* 50,7 90,4* 62,44 48,100'),
    glyph(0.2, '8,14 30,2 58,12 86,4* 74,36 48,56 42,100'),
  ],
  [
    // One line from the upper right, one from the middle, and two rings.
    glyph(0.55, '84,14 62,-6 18,-4 12,30 46,46 84,64 90,96 52,110 12,98 14,66 50,48 88,26 80,8'),
    glyph(0.25, '50,46 16,34 14,2 52,-8 88,6 82,36 48,48 10,64 8,98 48,110 92,98 88,64 52,46'),
    glyph(0.2, '56,46 20,44 14,6 50,-6 84,8 78,42 46,46', '52,46 12,52 6,92 48,110 92,92 88,52 46,46'),
  ],
  [
    // Straight stem, stem that hooks back, and ring and stem as two lines.
    glyph(0.45, '82,20 62,-6 18,-4 6,36 30,60 66,50 84,14* 80,56 70,100'),
    glyph(0.3, '84,22 66,-6 20,-4 8,34 30,58 66,50 84,16* 88,56 74,100 36,106 18,90'),
    glyph(0.25, '80,14 56,-8 14,2 6,36 32,58 70,44 82,10', '84,4 80,50 62,100'),
  ],
];

function glyph(share: number, ...paths: string[]): Glyph {
  return { share, strokes: paths.map(parsePath) };
}

function parsePath(path: string): Stroke {
  const points = path.split(' ').map((point) => point.replace('*', '').split(',').map(Number));
  return {
    x: points.map((point) => point[0]),
    y: points.map((point) => point[1]),
    corner: path.split(' ').map((point) => point.endsWith('*')),
  };
}
