/// <reference lib="dom" />

import { VaeError } from '../errors.js';
import { drawTensor } from '../images/to-image.js';
import { byInformation } from '../manifest/codes.js';
import type { ModelSpec } from '../model.js';
import { quiet } from '../quiet.js';
import { shown } from '../shown.js';
import { show, sizeOf, type Tensor } from '../tensor.js';
import type { ClassChoice, ClassLabel } from './class-choice.js';
import type { Controls } from './controls.js';
import { type Deviations, deviationsOf } from './deviations.js';
import { make } from './dom.js';
import type { Decoder } from './load-decoder.js';
import { newest } from './newest.js';
import { makePad } from './pad.js';
import { makeSliders } from './sliders.js';

export interface ViewOptions {
  /** 'auto' (default): a pad for a latent of two dimensions, sliders for others. */
  readonly controls?: 'auto' | 'sliders' | 'pad' | 'none';
  /**
   * The controls run from minus this to this, in standard deviations of the prior, or of a plain autoencoder's codes around
   * their mean where the manifest has both; above 0, 3 when left out.
   */
  readonly limit?: number;
  /** Most sliders to show, >= 1; 10 when left out. Dimensions that tell most about the data come first. */
  readonly sliders?: number;
  /** Latent to begin with, flat; the middle of the controls when left out. */
  readonly z?: ArrayLike<number>;
  /** Class of the picture to begin with, of conditional models: by name or number; the first when left out. */
  readonly classLabel?: ClassLabel;
  /** Width of the picture in CSS pixels; the style property `--vae-size`, else 280, when left out. */
  readonly size?: number;
  /** What screen readers call the picture, '' for nothing; made from the model's name when left out. */
  readonly label?: string;
  /** Called with the name of a class that the reader chose. */
  readonly onClass?: (name: string) => void;
  /** Called after each picture with the decoded [1, ...dataShape], its latent and, of conditional models, its class's number. */
  readonly onDecode?: (image: Tensor, z: Float32Array, label: number | undefined) => void;
  /** Called when a picture after the first could not be drawn; the window gets an 'error' event when left out. */
  readonly onError?: (error: unknown) => void;
}

/** Their names, for the refusal of others. */
export const viewOptions: readonly (keyof ViewOptions)[] = [
  'controls',
  'limit',
  'sliders',
  'z',
  'classLabel',
  'size',
  'label',
  'onClass',
  'onDecode',
  'onError',
];

/** A decoder's picture and its controls, not yet in the page. */
export interface View {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly z: Float32Array;
  /** @param z null or undefined for the latent to begin with */
  set(z: ArrayLike<number> | null | undefined): void;
  /** The class that is drawn; undefined of a model that is not conditional. */
  readonly choice: ClassChoice | undefined;
  redraw(): Promise<void>;
  /** Draws nothing more. */
  stop(): void;
}

/** What screen readers call a picture that has no other name. */
export const labelFor = ({ name }: Decoder): string => `${name}: decoded image`;

/** Says what screen readers call the picture; without a name it is decoration, of which they say nothing. */
export function setLabel(canvas: HTMLCanvasElement, label: string): void {
  canvas.setAttribute('role', label ? 'img' : 'presentation');
  // A label, be it empty, would take the presentation back.
  canvas.ariaLabel = label || null;
}

/**
 * Refuses a model that cannot be shown this way.
 *
 * @throws VaeError "unsupported", "bad-option" for a pad without two dimensions, "bad-input" for the latent
 */
export function assertShowable(spec: ModelSpec, { controls, z }: ViewOptions): void {
  const size = latentSize(spec);
  if (z !== undefined && z !== null) assertLatent(z, size);
  if (controls === 'pad' && size < 2) {
    const text = "a 'pad' needs two latent dimensions, this model has one";
    throw new VaeError('bad-option', `mountDecoder: ${text}.`);
  }
}

/** @param decoder of a model that `assertShowable` has let through with these options */
export async function makeView(decoder: Decoder, options: ViewOptions): Promise<View> {
  const deviations = deviationsOf(decoder.manifest);
  const start = new Float32Array(latentSize(decoder.spec)).map(deviations.latent);
  const z = Float32Array.from(options.z ?? start);
  const { label = labelFor(decoder), size, onError } = options;
  const canvas = make('canvas', { part: 'canvas' });
  setLabel(canvas, label);
  const changed = () => void redraw().catch(() => {});
  const choice = await choiceOf(decoder, options, changed);
  const { redraw, stop } = drawing(decoder, canvas, { z, choice }, options);
  const controls = makeControls(decoder, options, (values) => {
    for (const [dimension, value] of values) z[dimension] = deviations.latent(value, dimension);
    changed();
  });
  const show = () => controls?.show(z.map(deviations.of));
  const set: View['set'] = (value) => {
    assertLatent(value ?? start, z.length);
    z.set(value ?? start);
    show();
    changed();
  };
  const element = make('div', { part: 'frame' }, canvas);
  if (size !== undefined) element.style.setProperty('--vae-size', `${size}px`);
  if (controls) {
    const panel = make('div', { part: 'panel' });
    if (choice) panel.append(choice.element);
    panel.append(controls.element, buttons(z.length, deviations, { set, onError }));
    element.append(panel);
  }
  show();
  return { element, canvas, z, set, choice, redraw, stop };
}

/** Of a conditional model the class that is drawn, and what to choose it with. */
async function choiceOf(
  decoder: Decoder,
  { classLabel: first, onClass: picked }: ViewOptions,
  changed: () => void,
): Promise<ClassChoice | undefined> {
  const { spec } = decoder;
  if (!spec.labels) return assertNoLabel(decoder, first);
  const { makeClassChoice } = await import('./class-choice.js');
  return makeClassChoice(spec, { first, changed, picked });
}

/** @throws VaeError "unsupported" for a label of a model that takes none */
export function assertNoLabel({ name }: Decoder, label: unknown): undefined {
  if (label === undefined || label === null) return;
  throw new VaeError('unsupported', `mountDecoder: ${name} takes no labels; leave the label out.`);
}

/** What draws the newest latent, and what ends that. */
function drawing(
  decoder: Decoder,
  canvas: HTMLCanvasElement,
  { z, choice }: { readonly z: Float32Array; readonly choice: ClassChoice | undefined },
  { onDecode, onError = reportError }: ViewOptions,
): Pick<View, 'redraw' | 'stop'> {
  const { layout, range } = decoder.spec.data;
  let [drawn, stopped] = [false, false];
  const redraw = newest(async () => {
    const [latent, label] = [z.slice(), choice?.label];
    try {
      const image = await decoder.decode({ data: latent, shape: decoder.latentShape }, { label });
      if (stopped) return;
      drawTensor(canvas, image, { layout, range });
      onDecode?.(image, latent, label);
      drawn = true;
    } catch (error) {
      // Who waits for the first picture is told by its promise.
      if (drawn && !stopped) onError(error);
      throw error;
    }
  });
  const stop = () => {
    stopped = true;
  };
  return { redraw, stop };
}

function makeControls(
  decoder: Decoder,
  { controls = 'auto', limit = 3, sliders = 10 }: ViewOptions,
  change: (values: ReadonlyMap<number, number>) => void,
): Controls | undefined {
  if (controls === 'none') return undefined;
  const dimensions = byInformation(decoder.manifest, latentSize(decoder.spec));
  if (controls === 'sliders' || (controls === 'auto' && dimensions.length !== 2)) {
    return makeSliders({ dimensions: dimensions.slice(0, sliders), limit, change });
  }
  // The two that matter most, but the lower one always from left to right.
  const axes = dimensions.slice(0, 2).sort((a, b) => a - b);
  return makePad({ dimensions: axes, limit, change });
}

function buttons(
  size: number,
  { latent }: Deviations,
  { set, onError = reportError }: Pick<View, 'set'> & Pick<ViewOptions, 'onError'>,
): HTMLElement {
  // What the button needs comes while the first picture is being drawn.
  const coming = quiet(
    import('../random/index.js').then((random) => ({ ...random, seed: random.freshSeed() })),
  );
  let drawn = 0;
  const button = (text: string, click: () => void) => {
    const element = make('button', { part: 'button', type: 'button' }, text);
    element.addEventListener('click', click);
    return element;
  };
  const random = async () => {
    const { normal, seed } = await coming;
    set(normal({ seed, stream: 'sample', index: drawn++ }, size).map(latent));
  };
  return make(
    'div',
    { part: 'buttons' },
    button('Random', () => void random().catch(onError)),
    button('Reset', () => set(null)),
  );
}

/** How many numbers a latent has; refuses models whose pictures cannot be moved through. */
function latentSize({ name, data, latent, labels }: ModelSpec): number {
  const refuse = (text: string) =>
    new VaeError('unsupported', `mountDecoder: ${name} ${text}; use loadDecoder.`);
  if (data.kind !== 'image') throw refuse(`gives data of kind '${data.kind}', which is no picture`);
  if (latent.kind === 'categorical' || latent.kind === 'vector-quantised') {
    throw refuse(`has ${latent.kind} latents, in which there are no directions to move`);
  }
  if (labels && labels.count === undefined) throw refuse('takes conditions that are no classes');
  if (latent.shape.includes(-1)) throw refuse(`takes latents of any size, ${show(latent.shape)}`);
  return sizeOf(latent.shape, 'mountDecoder');
}

function assertLatent(z: ArrayLike<number>, size: number): void {
  if (typeof z !== 'object' || z === null || z.length !== size) {
    const came = typeof z === 'object' && z !== null ? z.length : shown(z);
    throw new VaeError('bad-input', `z: expected ${size} numbers, got ${came}.`);
  }
  for (let i = 0; i < size; i++) {
    if (Number.isFinite(z[i])) continue;
    throw new VaeError('bad-input', `z: element ${i} is ${shown(z[i])}, expected a finite number.`);
  }
}
