/// <reference lib="dom" />
import { type ControlSettings, type Controls, step } from './controls.js';
import { isShortcut, make, valueText } from './dom.js';

/** One labelled slider per dimension, with its value beside it. A double click, or the key 0, sets it to 0. */
export function makeSliders({ dimensions, limit, change }: ControlSettings): Controls {
  const rows = dimensions.map((dimension) => {
    const id = `z${dimension}`;
    const range = { type: 'range', min: -limit, max: limit, step };
    const input = make('input', { part: 'slider', id, ...range, title: 'Double click, or key 0: back to 0' });
    const output = make('output', { part: 'value', for: id, 'aria-live': 'off' });
    const show = (value: number) => {
      input.value = String(value);
      output.textContent = valueText(value);
    };
    const pick = (value: number) => {
      show(value);
      change(new Map([[dimension, value]]));
    };
    input.addEventListener('input', () => pick(input.valueAsNumber));
    input.addEventListener('dblclick', () => pick(0));
    input.addEventListener('keydown', (event) => {
      if (event.key === '0' && !isShortcut(event)) pick(0);
    });
    return { dimension, show, nodes: [make('label', { part: 'label', for: id }, id), input, output] };
  });
  return {
    element: make('div', { part: 'controls', class: 'sliders' }, ...rows.flatMap(({ nodes }) => nodes)),
    show(z) {
      for (const { dimension, show } of rows) show(z[dimension]!);
    },
  };
}
