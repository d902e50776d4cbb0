import type { Dataset } from '../../data/dataset.js';
import { drawColumnsAxis } from './columns-axis.js';
import { type Html, html } from './html.js';
import { type Image, ROOM } from './image.js';

/** A picture with a sentence about it. */
export interface Picture {
  readonly caption: string;
  readonly image: Image;
}

/** What an item of the data is. */
export type Drawn = Pick<Dataset, 'kind' | 'columns'>;

const figure = ({ caption, image: { source, width, height, note } }: Picture): Html =>
  html`<figure class="picture"><figcaption>${caption}</figcaption><img${width > ROOM.width ? html` class="wide"` : undefined} src="${source}" width="${width}" height="${height}" alt="${caption}">${note === undefined ? undefined : html`<p class="note">${note}</p>`}</figure>`;

const ROWS =
  'Each small drawing is one row of the table: its values from left to right, as bars or joined by a line, all on one scale.';

/** How to read the drawing of a row. */
function rowsNote({ kind, columns = [] }: Drawn): Html | undefined {
  if (kind !== 'vector') return undefined;
  const axis = drawColumnsAxis(columns);
  return html`<p class="note">${ROWS}</p>${axis && html`<div class="columns"><figure><h3>Columns</h3>${axis}</figure></div>`}`;
}

/** Pictures below each other; before rows of a table the names of its columns. */
export const picturesSection = (pictures: readonly Picture[], drawn: Drawn | undefined): Html =>
  html`${drawn && rowsNote(drawn)}${pictures.map(figure)}`;
