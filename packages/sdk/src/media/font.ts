import type { Picture } from './picture.js';

/** Pixels of one character cell, its gap to the next one included. */
export const cellWidth = 6;
export const lineHeight = 9;

const glyphWidth = 5;
const glyphHeight = 7;

/**
 * The printable ASCII characters from space on, 5 x 7 pixels: seven rows of five bits, each row one digit in base
 * 32, the leftmost pixel the highest bit.
 */
const glyphs = (
  '0000000 4444404 aaa0000 aavavaa 4fke5u4 op248j3 cik8lid 4480000 2488842 8422248 04lel40 044v440 ' +
  '0000c48 000v000 00000cc 01248g0 ehjlphe 4c4444e eh1248v v2421he 26aiv22 vgu11he 68guhhe v124888 ' +
  'ehhehhe ehhf12c 0cc0cc0 0cc0c48 248g842 00v0v00 8421248 eh12404 eh1dlle ehhvhhh uhhuhhu ehggghe ' +
  'sihhhis vgguggv vgguggg ehgnhhf hhhvhhh e44444e 72222ic hikokih ggggggv hrllhhh hhpljhh ehhhhhe ' +
  'uhhuggg ehhhlid ' +
  'uhhukih fgge11u v444444 hhhhhhe hhhhha4 hhhllla hha4ahh hhha444 v1248gv e88888e 0g84210 e22222e ' +
  '4ah0000 000000v 8420000 00e1fhf ggmphhu 00egghe 11djhhf 00ehvge 698s888 0fhhf1e ggmphhh 40c444e ' +
  '20622ic ggikoki c44444e 00qllhh 00mphhh 00ehhhe 00uhugg 00djf11 00mpggg 00ege1u 88s8896 00hhhjd ' +
  '00hhha4 00hhlla 00ha4ah 00hhf1e 00v248v 2448442 4444444 8442448 008l200'
).split(' ');

/** Drawn for every character outside ASCII. */
const unknown = 'vhhhhhv';

const plain: Record<string, string> = {
  '–': '-',
  '—': '-',
  '−': '-',
  '·': '.',
  '…': '...',
  '’': "'",
  '×': 'x',
};

/** Text with the usual typographic characters replaced by ASCII, white space by single blanks. */
export function plainText(text: string): string {
  return text
    .replace(/[–—−·…’×]/g, (character) => plain[character]!)
    .replace(/\s+/g, ' ')
    .trim();
}

/** Breaks text at blanks into lines of at most `columns` characters; longer words are cut. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = '';
    }
    while (word.length > columns) {
      lines.push(word.slice(0, columns));
      word = word.slice(columns);
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Draws one line of black text with its top left corner at (x, y), each font pixel `scale` pixels wide and high. */
export function drawText(onto: Picture, text: string, x: number, y: number, scale: number): void {
  for (const [place, character] of [...text].entries()) {
    const glyph = glyphs[character.codePointAt(0)! - 32] ?? unknown;
    for (let row = 0; row < glyphHeight * scale; row++) {
      const bits = Number.parseInt(glyph[Math.floor(row / scale)]!, 32);
      for (let column = 0; column < glyphWidth * scale; column++) {
        if ((bits >> (glyphWidth - 1 - Math.floor(column / scale))) & 1) {
          blacken(onto, x + place * cellWidth * scale + column, y + row);
        }
      }
    }
  }
}

function blacken({ width, height, channels, data }: Picture, x: number, y: number): void {
  if (x < width && y < height) data.fill(0, (y * width + x) * channels, (y * width + x + 1) * channels);
}
