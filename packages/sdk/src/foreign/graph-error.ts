import { VaeError, type VaeErrorCode } from '../errors.js';
import { elementTypeName } from '../onnx/element-types.js';
import type { ModelScan, ValueScan } from '../onnx/scan.js';
import { show } from '../tensor.js';

/** An error that lists a graph's inputs and outputs and says what settles the matter. */
export function graphError(
  code: VaeErrorCode,
  { where, scan }: { readonly where: string; readonly scan: ModelScan },
  { what, hint }: { what: string; hint: string },
): VaeError {
  const has = `Inputs: ${listed(scan.inputs)}. Outputs: ${listed(scan.outputs)}.`;
  return new VaeError(code, `${where}: ${cut(what, 400)}. ${has} ${hint}`.trimEnd());
}

/** Most inputs or outputs that an error lists, and most axes of each. */
const listedAtMost = 8;

function listed(values: readonly ValueScan[]): string {
  const texts = values.slice(0, listedAtMost).map(({ name, elementType, dims }) => {
    return `'${cut(name, 80)}' ${elementTypeName(elementType)} ${shapeText(dims)}`;
  });
  const more = values.length - texts.length;
  return `${texts.join(', ') || 'none'}${more > 0 ? ` and ${more} more` : ''}`;
}

function shapeText(dims: ValueScan['dims']): string {
  if (!dims) return 'of unknown shape';
  const sizes = dims.slice(0, listedAtMost).map((size) => (size === '' ? '?' : cut(String(size), 80)));
  return show(dims.length > sizes.length ? [...sizes, '…'] : sizes);
}

/** Names come from the file, may be of any length and say anything, to a terminal as well. */
function cut(text: string, length: number): string {
  const shown = text.slice(0, length).replace(/\p{Cc}/gu, '\ufffd');
  return text.length > length ? `${shown}…` : shown;
}
