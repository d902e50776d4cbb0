/// <reference lib="dom" />
import { labelsOf } from '../coder/labels.js';
import type { ModelSpec } from '../model.js';
import { make } from './dom.js';

// Loaded for conditional models only.

/** A class by its name or number. */
export type ClassLabel = string | number;

/** The class that is drawn, in a list to choose another from. */
export interface ClassChoice {
  readonly element: HTMLElement;
  /** The number of the class. */
  readonly label: number;
  /**
   * @param label null or undefined for the first
   * @throws VaeError "bad-option" for one that is no class, which leaves all as it is
   */
  set(label: ClassLabel | null | undefined): void;
}

export interface ClassSettings {
  /** The class to begin with; the first when left out. */
  readonly first: ClassLabel | undefined;
  /** Called when another class is to be drawn. */
  changed(): void;
  /** Called after that with its name, where the reader chose it. */
  readonly picked: ((name: string) => void) | undefined;
}

/** @throws VaeError "bad-option" for a first class that the model does not have */
export function makeClassChoice(
  { name, labels = {} }: ModelSpec,
  { first, changed, picked }: ClassSettings,
): ClassChoice {
  const { count, classes } = labels;
  const names = classes ?? Array.from({ length: count! }, (_, label) => String(label));
  const classOf = (wanted: ClassLabel | null | undefined) => {
    const given = labelsOf(numbered(wanted ?? 0, names), labels, { where: 'class label', name });
    return given.values[0]!;
  };
  const select = make('select', { part: 'class' }, ...names.map((name) => make('option', {}, name)));
  let label = classOf(first);
  const show = () => {
    select.selectedIndex = label;
  };
  select.addEventListener('change', () => {
    label = select.selectedIndex;
    changed();
    picked?.(names[label]!);
  });
  show();
  return {
    element: make('label', { part: 'classes' }, 'class ', select),
    get label() {
      return label;
    },
    set(wanted) {
      const before = label;
      label = classOf(wanted);
      show();
      if (label !== before) changed();
    },
  };
}

/** An attribute is text, be it a number: the class of that name, else the one of that number. */
function numbered(label: ClassLabel, names: readonly string[]): ClassLabel {
  if (typeof label === 'number') return label;
  const text = String(label);
  return /^\d+$/.test(text) && !names.includes(text) ? Number(text) : text;
}
