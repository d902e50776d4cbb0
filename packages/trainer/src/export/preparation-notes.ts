import type { Manifest } from '@vae/sdk/manifest';

/**
 * What somebody has to know who runs the graphs without `@vae/sdk`: a sentence for each thing that it does to data
 * before they see them. Nothing for data that go in as they are.
 *
 * @param where what holds the numbers, as the reader has it
 * @example preparationNotes(manifest, '`vae.json`')
 */
export function preparationNotes({ data: { shape, preprocess } }: Manifest, where: string): string[] {
  const { normalize, image, binarize } = preprocess ?? {};
  const notes = [
    normalize &&
      `Values are normalised, (value − offset) / scale${normalize.clip ? `, cut off at ${normalize.clip.join(' and ')}` : ''}: the numbers are in ${where} under \`data.preprocess.normalize\`.`,
    typeof binarize === 'number' && `Values above ${binarize} become 1, others 0.`,
    image &&
      `Pictures of any size are ${describeImage(image, shape)}; see \`data.preprocess.image\` in ${where}.`,
  ].filter((note) => typeof note === 'string');
  return notes.length === 0
    ? []
    : [...notes, '`@vae/sdk` and `vae` do that themselves; the graphs alone do not.'];
}

type Image = NonNullable<NonNullable<Manifest['data']['preprocess']>['image']>;

function describeImage(
  { fit, window, resized, kernel }: Image,
  [channels, ...size]: readonly number[],
): string {
  const [height, width] = resized ?? size;
  const steps = [
    'turned upright',
    window && `cut to the middle ${window[0]}×${window[1]} (height×width)`,
    `${fit === 'cover' ? 'cut and scaled' : 'scaled on both sides'} to ${height}×${width} (${kernel})`,
    resized && `cut to the middle ${size.join('×')}`,
    channels === 1 && 'made grey (luma of BT.601)',
  ].filter(Boolean);
  return `${steps.slice(0, -1).join(', ')} and ${steps.at(-1)}`;
}
