/// <reference lib="dom" />

/** Something that shows some dimensions of a latent and lets the reader change them. */
export interface Controls {
  readonly element: HTMLElement;
  /** Brings the controls to a latent; they tell nobody. */
  show(z: Float32Array): void;
}

export interface ControlSettings {
  /** Which dimensions, in the order in which they are shown. */
  readonly dimensions: readonly number[];
  /** The controls run from minus this to this, in standard deviations of the prior. */
  readonly limit: number;
  /** Called with the new values of the dimensions, as the reader changes them. */
  change(values: ReadonlyMap<number, number>): void;
}

/** Step of sliders, and of what a pointer picks on the pad. */
export const step = 0.01;

/** The nearest value that a control can have. */
export function settle(value: number, limit: number): number {
  const stepped = Math.round(value / step) * step;
  // Without the noise of binary fractions: 0.1 + 0.2 is to be 0.3.
  return Number(Math.min(limit, Math.max(-limit, stepped)).toFixed(6));
}
