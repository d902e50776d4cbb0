import type { LabelSpec } from '../model.js';
import type { ModelScan, ValueScan } from '../onnx/scan.js';
import { graphError } from './graph-error.js';

/** The second input of a conditional model's graph: the number of a class, one number for each class, or conditions. */
export interface ForeignLabel {
  readonly name: string;
  /** The first size where the graph fixes it. */
  readonly batch: number | undefined;
  /** Numbers per item; undefined where the graph leaves them open. */
  readonly width: number | undefined;
  /** Its numbers are whole: of one per item, the number of a class. */
  readonly whole: boolean;
}

/** What a caller says of the labels of a conditional model. */
export interface ForeignLabels {
  /** Name of the input that takes them, in one half or in both. */
  readonly input?: string;
  /** How many classes there are, or their names in the order of their numbers. */
  readonly classes?: number | readonly string[];
}

const floatTypes: readonly number[] = [1, 10];
const wholeTypes: readonly number[] = [6, 7];

/** Words in names of inputs that hold labels. */
const telling: ReadonlySet<string> = new Set(
  (
    'y c label labels class classes cls cond condition conditions conditional onehot context category categories ' +
    'target targets attr attrs attribute attributes'
  ).split(' '),
);

function namesLabel(name: string): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace('one_hot', 'onehot')
    .split(/[^a-z]+/);
  return words.some((word) => telling.has(word));
}

const isWhole = ({ elementType }: ValueScan) => wholeTypes.includes(elementType);

/** Whether an input may be for labels: whole numbers [N] or [N, K], or floats [N, K]. */
function canBeLabel(input: ValueScan): boolean {
  const axes = input.dims?.length;
  if (isWhole(input)) return axes === 1 || axes === 2;
  return floatTypes.includes(input.elementType) && axes === 2;
}

/**
 * Which input of two is for labels: the one that the caller names, else the one of whole numbers, else the one whose name
 * says so.
 *
 * @returns undefined where neither may be
 * @throws VaeError "bad-option" listing the inputs where both may be
 */
export function labelOf(scan: ModelScan, where: string, named: string | undefined): ForeignLabel | undefined {
  const { inputs } = scan;
  if (inputs.length !== 2) return undefined;
  const chosen = inputs.find(({ name }) => name === named);
  if (chosen) return canBeLabel(chosen) ? described(chosen) : undefined;
  const isFloat = (input: ValueScan | undefined) => floatTypes.includes(input?.elementType ?? 0);
  const possible = inputs.filter((input, i) => canBeLabel(input) && isFloat(inputs[1 - i]));
  if (possible.length === 0) return undefined;
  const [whole, ...wholes] = possible.filter(isWhole);
  if (whole) return wholes.length === 0 ? described(whole) : undefined;
  const [only, ...more] = possible.filter(({ name }) => namesLabel(name));
  if (only && more.length === 0) return described(only);
  throw graphError(
    'bad-option',
    { where, scan },
    {
      what: 'which of its two inputs is for labels cannot be told',
      hint: "Pass the name of the one that is, as in labels: { input: 'y' }; a second input for anything else cannot be fed.",
    },
  );
}

function described(input: ValueScan): ForeignLabel {
  const [batch, size] = input.dims!;
  const known = typeof size === 'number' && size > 0 ? size : undefined;
  return {
    name: input.name,
    batch: typeof batch === 'number' && batch > 0 ? batch : undefined,
    width: input.dims!.length === 1 ? 1 : known,
    whole: isWhole(input),
  };
}

interface LabelledGraph {
  readonly where: string;
  readonly scan: ModelScan;
  readonly label: ForeignLabel | undefined;
}

/**
 * How many classes there are, by the sizes of the inputs for labels and by the option.
 *
 * @returns undefined where no graph takes labels
 * @throws VaeError "bad-option" where neither says it or they differ, "unsupported" where two sizes differ
 */
export function labelsOfGraphs(
  graphs: readonly LabelledGraph[],
  { input, classes }: ForeignLabels = {},
): LabelSpec | undefined {
  const takers = graphs.filter(({ label }) => label !== undefined);
  const fault = (code: 'bad-option' | 'unsupported', what: string, hint: string) =>
    graphError(code, takers[0] ?? graphs[0]!, { what, hint });
  if (input !== undefined && !takers.some(({ label }) => label!.name === input)) {
    throw fault('bad-option', `labels.input is '${input}', which no second input is called`, '');
  }
  if (takers.length === 0) {
    if (classes === undefined) return undefined;
    throw fault('bad-option', 'labels was given, but it takes no second input', 'Leave labels out.');
  }
  const said = typeof classes === 'number' ? classes : classes?.length;
  const widths = new Set(takers.map(({ label }) => label!.width).filter((width) => (width ?? 1) > 1));
  const [width, ...others] = widths;
  if (others.length > 0) {
    throw fault(
      'unsupported',
      `the halves take labels of ${[...widths].join(' and ')} numbers`,
      'Load two halves that belong together, or one alone.',
    );
  }
  if (width !== undefined && said !== undefined && said !== width) {
    const what = `labels.classes says ${said}, but the input for labels takes ${width} numbers per item`;
    throw fault('bad-option', what, 'Pass as many, or leave labels.classes out.');
  }
  const count = said ?? width;
  const isVector = ({ label }: LabelledGraph) => label!.width === 1 && !label!.whole;
  if (count === undefined && !takers.every(isVector)) {
    const [{ label }] = takers as [LabelledGraph];
    throw fault(
      'bad-option',
      `how many classes '${label!.name}' has cannot be told`,
      'Pass labels: { classes: 10 } (to a command, --classes 10) with their number, or their names in a list.',
    );
  }
  const names = typeof classes === 'object' ? { classes } : {};
  return count === undefined ? {} : { count, ...names };
}
