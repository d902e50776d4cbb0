import { TrainerError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { formatShape, type Shape } from '../graph/shape.js';
import { OPSET } from '../onnx/model.js';
import { FLOAT, readOnnx, type StoredModel, type StoredPort } from '../onnx/reader.js';
import { fileOf, type HalfName } from './halves.js';

const describePort = ({ name, elementType, dims }: StoredPort): string =>
  `${name}${formatShape(dims as Shape)}${elementType === FLOAT ? '' : ` of element type ${elementType}`}`;

/** What is wrong with the ports of one side; undefined for nothing. */
function faultOfPorts(
  side: string,
  found: readonly StoredPort[],
  expected: [string, Shape][],
): string | undefined {
  const wanted = expected.map(([name, dims]) => describePort({ name, elementType: FLOAT, dims }));
  const have = found.map(describePort);
  return String(wanted) === String(have) ? undefined : `its ${side} are ${have}, expected ${wanted}`;
}

function faultOf(model: StoredModel, graph: Graph): string | undefined {
  const foreign = [...model.domains].find((domain) => domain !== '');
  if (foreign !== undefined) return `it uses operators of "${foreign}", expected ONNX's own alone`;
  const opset = model.opsets.find(({ domain }) => domain === '')?.version;
  if (opset !== OPSET) return `it uses operator set ${opset}, expected ${OPSET}`;
  const outside = model.tensors.find(({ external }) => external);
  if (outside) return `the weights "${outside.name}" are in another file, expected all of them inside`;
  const fed = graph.inputs.filter(({ role }) => role !== 'state');
  return (
    faultOfPorts(
      'inputs',
      model.inputs,
      fed.map(({ name, shape }) => [name, shape]),
    ) ??
    faultOfPorts(
      'outputs',
      model.outputs,
      [...graph.outputs].map(([name, { shape }]) => [name, shape]),
    )
  );
}

/**
 * Checks that a file is what our own writer would write, as far as others can see: float32 inputs and outputs under
 * the same names, the batch open and called N, standard operators of one set, no data beside the file.
 *
 * @throws TrainerError "export-failed"
 */
export function checkInterface(bytes: Uint8Array, graph: Graph, half: HalfName): void {
  const fault = faultOf(readOnnx(bytes, fileOf(half)), graph);
  if (fault)
    throw new TrainerError(
      'export-failed',
      `${fileOf(half)} was converted to what the SDK does not take: ${fault}. Nothing was exported; --via native writes it without a conversion.`,
    );
}
