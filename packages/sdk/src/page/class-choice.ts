/// <reference lib="dom" />
import type { LabelSpec } from '../model.js';
import { make } from './dom.js';

// Loaded for conditional models only.

/** A class by its name or number. */
export type ClassLabel = string | number;

/** The class that is drawn, in a list to choose another from. */
export interface ClassChoice {
  readonly element: HTMLElement;
  /** The number of the class. What names none stays as it is, so that `decode` refuses it. */
  readonly label: ClassLabel;
  /** @param label null or undefined for the first */
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

export function makeClassChoice(
  { count = 0, classes }: LabelSpec,
  { first, changed, picked }: ClassSettings,
): ClassChoice {
  const names = classes ?? Array.from({ length: count }, (_, label) => String(label));
  const select = make('select', { part: 'class' }, ...names.map((name) => make('option', {}, name)));
  let label = classOf(first, names);
  const show = () => {
    select.selectedIndex = typeof label === 'number' ? label : -1;
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
      label = classOf(wanted, names);
      show();
      if (label !== before) changed();
    },
  };
}

/** The number of a class, by its name or else its number; the same for what is neither. */
function classOf(label: ClassLabel | null | undefined, names: readonly string[]): ClassLabel {
  const text = String(label ?? names[0]);
  const named = names.indexOf(text);
  if (named >= 0) return named;
  return /^\d+$/.test(text) ? Number(text) : text;
}
