/** How every image of a data set is brought into one size. */
export interface ImagePlan {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Pixels of the upright original, around its middle, that are used; all of them when left out. */
  readonly window?: readonly [height: number, width: number];
  /** Cut off what sticks out on two sides, or scale both sides independently. */
  readonly fit: 'cover' | 'stretch';
}

/** Most pixels an image file may have. */
export const MAX_PIXELS = 100_000_000;
/** Most bytes an image file may have. */
export const MAX_FILE_BYTES = 2 ** 28;

/** A part of an image. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The largest area around the middle with the proportions of a size; odd pixels stay on the right and at the bottom. */
function middle(from: Pick<Area, 'width' | 'height'>, to: Pick<Area, 'width' | 'height'>): Area {
  const narrow = from.width * to.height < from.height * to.width;
  const width = narrow ? from.width : Math.max(1, Math.round((from.height * to.width) / to.height));
  const height = narrow ? Math.max(1, Math.round((from.width * to.height) / to.width)) : from.height;
  return around(from, { width, height });
}

/** An area of a size around the middle. */
export function around(from: Pick<Area, 'width' | 'height'>, size: Pick<Area, 'width' | 'height'>): Area {
  return {
    left: Math.floor((from.width - size.width) / 2),
    top: Math.floor((from.height - size.height) / 2),
    ...size,
  };
}

/** The part of an upright image of a size that is scaled to the plan's size; undefined where the window does not fit in. */
export function usedArea(from: Pick<Area, 'width' | 'height'>, plan: ImagePlan): Area | undefined {
  const [height, width] = plan.window ?? [from.height, from.width];
  if (height > from.height || width > from.width) return undefined;
  const window = around(from, { width, height });
  if (plan.fit === 'stretch') return window;
  const part = middle(window, plan);
  return { ...part, left: window.left + part.left, top: window.top + part.top };
}

/** Bytes of colour, interleaved, as the bytes of each channel after the other; grey is luma (ITU-R BT.601). */
export function toPlanes(interleaved: Uint8Array, channels: 1 | 3, out: Uint8Array): void {
  const pixels = interleaved.length / 3;
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    const [red, green, blue] = [interleaved[at], interleaved[at + 1], interleaved[at + 2]];
    if (channels === 1) out[i] = Math.round((299 * red + 587 * green + 114 * blue) / 1000);
    else {
      out[i] = red;
      out[pixels + i] = green;
      out[2 * pixels + i] = blue;
    }
  }
}
