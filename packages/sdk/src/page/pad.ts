/// <reference lib="dom" />
import { type ControlSettings, type Controls, settle, step } from './controls.js';
import { isShortcut, make, valueText } from './dom.js';

/** How far one press of an arrow key goes; with the shift key held, the second. */
const keySteps = [0.1, 0.5] as const;

const arrows: Readonly<Record<string, readonly [axis: number, sign: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowDown: [1, -1],
  ArrowUp: [1, 1],
};

/**
 * A square for two dimensions: the first from left to right, the second from bottom to top, as on a plot. For the
 * keyboard and screen readers it is two sliders of which one is in the tab order; arrow keys move both directions
 * and go to the slider whose value changes, so that it is read out.
 */
export function makePad({ dimensions, limit, change }: ControlSettings): Controls {
  const point = [0, 0];
  const plane = makePlane(
    dimensions.slice(0, 2).map((dimension) => `z${dimension}`),
    limit,
  );
  const { pad, inputs } = plane;
  /** Of the axes that are given; another one may be beyond the limit, or between two steps. */
  const pick = (moved: Readonly<Record<number, number>>) => {
    const values = new Map<number, number>();
    for (const axis of point.keys()) {
      if (!(axis in moved)) continue;
      point[axis] = settle(moved[axis]!, limit);
      values.set(dimensions[axis]!, point[axis]);
    }
    plane.show(point);
    change(values);
  };
  const focus = (axis: number) => {
    for (const [other, input] of inputs.entries()) input.tabIndex = other === axis ? 0 : -1;
    inputs[axis]!.focus({ preventScroll: true });
  };

  for (const [axis, input] of inputs.entries()) {
    input.addEventListener('input', () => pick({ [axis]: input.valueAsNumber }));
  }
  pad.addEventListener('keydown', (event) => {
    const arrow = arrows[event.key];
    if (isShortcut(event)) return hold(inputs, limit);
    if (!arrow && event.key !== 'Home') return;
    event.preventDefault();
    if (!arrow) return pick([0, 0]);
    const [axis, sign] = arrow;
    focus(axis);
    pick({ [axis]: point[axis]! + sign * keySteps[event.shiftKey ? 1 : 0] });
  });
  onPointer(
    pad,
    () => focus(0),
    (place) => pick(place.map((t) => t * limit)),
  );

  return {
    element: make('div', { part: 'controls', class: 'plane' }, pad, plane.readout),
    show(z) {
      for (const axis of point.keys()) point[axis] = z[dimensions[axis]!]!;
      plane.show(point);
    },
  };
}

/** What is seen and read out: the pad with its sliders, and the values below. */
function makePlane(names: readonly string[], limit: number) {
  const inputs = names.map((name, axis) =>
    make('input', {
      type: 'range',
      min: -limit,
      max: limit,
      step,
      tabindex: -axis,
      'aria-label': name,
      'aria-orientation': axis === 0 ? 'horizontal' : 'vertical',
    }),
  );
  const cross = make('div', { part: 'crosshair' });
  const readout = make('output', { part: 'value', 'aria-live': 'off' });
  const label = `Latent plane, ${names.join(' and ')}`;
  const pad = make('div', { part: 'pad', role: 'group', 'aria-label': label }, cross, ...inputs);
  const show = (point: readonly number[]) => {
    const [x, y] = point.map((value) => (Math.min(limit, Math.max(-limit, value)) / limit + 1) * 50);
    cross.style.left = `${x}%`;
    cross.style.top = `${100 - y!}%`;
    for (const [axis, input] of inputs.entries()) {
      input.value = String(point[axis]);
      input.setAttribute('aria-valuetext', valueText(point[axis]!));
    }
    readout.textContent = point.map(valueText).join(', ');
  };
  return { pad, inputs, readout, show };
}

/** Calls `follow` with the place of a pressed pointer on the pad: each way from -1 to 1, and beyond outside of it. */
function onPointer(pad: HTMLElement, press: () => void, follow: (place: readonly number[]) => void): void {
  const place = ({ clientX, clientY }: PointerEvent) => {
    const { left, top, width, height } = pad.getBoundingClientRect();
    return [((clientX - left) / width) * 2 - 1, 1 - ((clientY - top) / height) * 2];
  };
  pad.addEventListener('pointerdown', (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    // The press would take the focus from the slider to the page.
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    press();
    follow(place(event));
  });
  pad.addEventListener('pointermove', (event) => {
    // The browser captures every finger by itself.
    if (event.isPrimary && pad.hasPointerCapture(event.pointerId)) follow(place(event));
  });
}

/**
 * Sliders of Chromium take an arrow with Alt for an arrow. During the key they have no room to move, so that it stays the
 * browser's.
 */
function hold(inputs: readonly HTMLInputElement[], limit: number): void {
  for (const input of inputs) {
    Object.assign(input, { min: input.value, max: input.value });
    setTimeout(() => Object.assign(input, { min: -limit, max: limit }));
  }
}
