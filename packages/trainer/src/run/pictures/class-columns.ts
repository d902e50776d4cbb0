import { grid, type Picture, stack, type Tensor } from '@vae/sdk/media';

/** Images of one class. */
export interface ClassColumn {
  readonly name: string;
  /** [N, C, H, W] */
  readonly images: Tensor;
}

/** Longer names would be as wide as several images. */
const MOST_LETTERS = 12;
/** White pixels between columns. */
const GAP = 2;

/** The name of a class, cut off where it is long. */
export const shortName = (name: string): string =>
  name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 2)}..` : name;

/** A line of text as a picture of some width: the caption of one white row. */
const heading = (text: string, width: number): Picture =>
  grid({ data: new Float32Array(width).fill(1), shape: [1, 1, 1, width] }, { caption: text });

/**
 * Classes side by side, the images of each below its name.
 *
 * @param columns as many images of each
 * @example classColumns([{ name: '7', images }], { title: 'prior samples by class', scale: 2 })
 */
export function classColumns(
  columns: readonly ClassColumn[],
  { title, scale }: { readonly title: string; readonly scale: number },
): Picture {
  const drawn = columns.map(({ name, images }) =>
    grid(images, { columns: 1, scale, caption: shortName(name) }),
  );
  const all = stack(drawn, 'horizontal', GAP);
  return stack([heading(title, all.width), all], 'vertical', 0);
}
