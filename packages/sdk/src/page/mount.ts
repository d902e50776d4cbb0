/// <reference lib="dom" />
import { VaeError } from '../errors.js';
import type { ModelSource } from '../load/model-source.js';
import { optionsOf } from '../options.js';
import { shown } from '../shown.js';
import type { ClassLabel } from './class-choice.js';
import { make } from './dom.js';
import { type Decoder, type DecoderOptions, decoderOptions, openDecoder } from './load-decoder.js';
import { adopt } from './styles.js';
import { assertNoLabel, assertShowable, makeView, type View, type ViewOptions, viewOptions } from './view.js';

export interface MountOptions extends DecoderOptions, ViewOptions {}

export interface MountedDecoder {
  /** The latent, flat; setting it draws its picture. Null and undefined set the middle of the latent space. */
  get z(): Float32Array;
  set z(value: ArrayLike<number> | null | undefined);
  /**
   * The number of the class that is drawn, of a conditional model. Setting it, by name or number, draws its picture; null and
   * undefined set the first; one that is no class is an error and leaves it. Of other models undefined, and not to be set.
   */
  get classLabel(): number | undefined;
  set classLabel(value: ClassLabel | null | undefined);
  readonly canvas: HTMLCanvasElement;
  readonly decoder: Decoder;
  /** Draws the latent; while one picture is being decoded, all requests share the next. */
  redraw(): Promise<void>;
  /** Takes the elements out of the page and frees the decoder. May be called again. */
  dispose(): Promise<void>;
}

/**
 * Puts a decoder into a page: a canvas, and controls that move through its latent space. Resolves when the first
 * picture, that of the middle of the latent space, is drawn. Everything is inside a shadow root, styled by a constructed
 * style sheet.
 *
 * @param target an element to append to, or a shadow root to fill
 * @param source as for `loadDecoder`
 * @throws VaeError as `loadDecoder`; "bad-option", also for a target that is null and a class that the model does not have;
 * "unsupported" for a model whose data are no images, whose latents are discrete or of any size, or that takes conditions that
 * are no classes
 * @example
 * const mounted = await mountDecoder(document.querySelector('#here')!, '/models/mnist-conv/', { controls: 'pad' });
 * mounted.z = [0.5, -1];
 */
export async function mountDecoder(
  target: HTMLElement | ShadowRoot,
  source: ModelSource,
  options?: MountOptions,
): Promise<MountedDecoder> {
  const given = optionsOf(options, 'mountDecoder', [...decoderOptions, ...viewOptions]);
  assertTarget(target);
  assertOptions(given);
  const decoder = await openDecoder(source, given, (spec) => assertShowable(spec, given));
  try {
    const view = await makeView(decoder, given);
    await view.redraw();
    given.signal?.throwIfAborted();
    return mounted(decoder, view, attach(target, view.element));
  } catch (error) {
    await decoder.dispose();
    throw error;
  }
}

function mounted(decoder: Decoder, view: View, host: HTMLElement): MountedDecoder {
  return {
    get z() {
      return view.z.slice();
    },
    set z(value) {
      view.set(value);
    },
    get classLabel() {
      return view.choice?.label;
    },
    set classLabel(value) {
      if (view.choice) view.choice.set(value);
      else assertNoLabel(decoder, value);
    },
    canvas: view.canvas,
    decoder,
    redraw: view.redraw,
    dispose() {
      view.stop();
      host.remove();
      return decoder.dispose();
    },
  };
}

/** Gives what has to be removed again. The target may be of another document, as of a frame. */
function attach(target: HTMLElement | ShadowRoot, element: HTMLElement): HTMLElement {
  // Each window has a class of its own, so `instanceof` would not tell.
  if ('adoptedStyleSheets' in target) {
    target.append(element);
    adopt(target);
    return element;
  }
  const host = make('div');
  const root = host.attachShadow({ mode: 'open' });
  root.append(element);
  target.append(host);
  adopt(root);
  return host;
}

/** JavaScript callers pass what `querySelector` gave, which is null where nothing was found. */
function assertTarget(target: Node | null | undefined): void {
  const [element, fragment] = [1, 11];
  if (target?.nodeType === element || target?.nodeType === fragment) return;
  const text = `the target is ${target}, expected an element or a shadow root; is it in the page yet?`;
  throw new VaeError('bad-option', `mountDecoder: ${text}`);
}

function assertOptions(options: MountOptions): void {
  const { controls = 'auto', limit = 3, sliders = 10, size = 280, label = '' } = options;
  const rules = [
    [
      ['auto', 'sliders', 'pad', 'none'].includes(controls),
      'controls',
      controls,
      "'auto', 'sliders', 'pad' or 'none'",
    ],
    [Number.isFinite(limit) && limit > 0, 'limit', limit, 'a number above 0'],
    [Number.isInteger(sliders) && sliders >= 1, 'sliders', sliders, 'a whole number >= 1'],
    [Number.isFinite(size) && size > 0, 'size', size, 'a number of pixels above 0'],
    [
      typeof label === 'string',
      'label',
      label,
      'what screen readers call the picture (classLabel is its class)',
    ],
  ] as const;
  for (const [holds, name, value, expected] of rules) {
    if (!holds)
      throw new VaeError('bad-option', `mountDecoder: ${name} is ${shown(value)}, expected ${expected}.`);
  }
}
