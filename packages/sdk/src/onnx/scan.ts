import { VaeError } from '../errors.js';
import { otherFile } from './other-file.js';
import { type FieldHandler, type Span, Wire } from './wire.js';

/** An input or output of a graph. */
export interface ValueScan {
  readonly name: string;
  /** ONNX's number of the element type: 1 float32, 10 float16; 0 for what is no tensor or not stated. */
  readonly elementType: number;
  /** Sizes, or names of open ones ('' without a name); undefined where the graph does not state the rank. */
  readonly dims: readonly (number | string)[] | undefined;
}

export interface Operator {
  /** '' is ONNX's own. */
  readonly domain: string;
  readonly op: string;
}

/** A node of the main graph. */
export interface NodeScan extends Operator {
  /** What it reads, also from inside its subgraphs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Operators of its subgraphs. */
  readonly within: readonly Operator[];
}

/** A function that the model defines for itself. */
export interface FunctionScan extends Operator {
  /** Operators of its body, subgraphs included. */
  readonly within: readonly Operator[];
}

/** A tensor whose numbers are in another file. */
export interface ExternalTensor {
  readonly name: string;
  readonly location: string | undefined;
  /** As written in the file: whole numbers as text. */
  readonly offset: string | undefined;
  readonly length: string | undefined;
}

/** What can be known of an ONNX model without running it. */
export interface ModelScan {
  /** Without those that have an initial value. */
  readonly inputs: readonly ValueScan[];
  readonly outputs: readonly ValueScan[];
  readonly nodes: readonly NodeScan[];
  readonly functions: readonly FunctionScan[];
  /** From wherever a tensor may be: initial values, attributes, subgraphs, functions, training graphs. */
  readonly external: readonly ExternalTensor[];
}

/** Subgraphs within subgraphs; protobuf's own limit is about the same. */
const maximumDepth = 32;

/**
 * Reads what an ONNX file says about itself: its inputs, outputs, operators and external data. Weights are passed
 * over. The field numbers are those of onnx.proto; the file's own bytes are trusted in nothing.
 *
 * @param where begins the errors' text
 * @throws VaeError "bad-model" for anything that is no ONNX model, in time proportional to its size
 * @example scanModel(await readFile('encoder.onnx'), 'encoder.onnx').inputs // [{ name: 'x', elementType: 1, dims: ['N', 784] }]
 */
export function scanModel(bytes: Uint8Array, where: string): ModelScan {
  const other = otherFile(bytes);
  if (other) throw new VaeError('bad-model', `${where}: the file is ${other}.`);
  return new ModelScanner(bytes, where).scan();
}

/** Collected while walking. Messages that come twice are one, as in protobuf, so all of it is added to. */
interface GraphParts {
  readonly inputs: ValueScan[];
  readonly outputs: ValueScan[];
  readonly nodes: NodeParts[];
  readonly initialized: Set<string>;
}

interface NodeParts {
  domain: string;
  op: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly within: Operator[];
}

class ModelScanner {
  readonly #wire: Wire;
  readonly #where: string;
  readonly #external: ExternalTensor[] = [];

  constructor(bytes: Uint8Array, where: string) {
    this.#wire = new Wire(bytes, where);
    this.#where = where;
  }

  scan(): ModelScan {
    const graph = emptyGraph();
    const functions: FunctionScan[] = [];
    let found = false;
    this.#wire.each(this.#wire.whole, {
      7: {
        span: (span) => {
          found = true;
          this.#graph(span, graph, 0);
        },
      },
      20: { span: (span) => this.#training(span) },
      25: { span: (span) => functions.push(this.#function(span)) },
    });
    if (!found)
      throw new VaeError('bad-model', `${this.#where}: there is no graph in it; it is no ONNX model.`);
    return {
      functions,
      inputs: graph.inputs.filter(({ name }) => !graph.initialized.has(name)),
      outputs: graph.outputs,
      nodes: graph.nodes,
      external: this.#external,
    };
  }

  #graph(span: Span, into: GraphParts, depth: number): void {
    if (depth > maximumDepth) {
      throw new VaeError(
        'bad-model',
        `${this.#where}: graphs are nested deeper than ${maximumDepth} levels.`,
      );
    }
    this.#wire.each(span, {
      1: { span: (node) => into.nodes.push(this.#node(node, depth)) },
      5: { span: (tensor) => into.initialized.add(this.#tensor(tensor)) },
      11: { span: (value) => into.inputs.push(this.#value(value)) },
      12: { span: (value) => into.outputs.push(this.#value(value)) },
      15: { span: (tensor) => into.initialized.add(this.#sparseTensor(tensor)) },
    });
  }

  #node(span: Span, depth: number): NodeParts {
    const node: NodeParts = { domain: '', op: '', inputs: [], outputs: [], within: [] };
    this.#wire.each(span, {
      1: this.#texts((name) => node.inputs.push(name)),
      2: this.#texts((name) => node.outputs.push(name)),
      4: this.#texts((op) => (node.op = op)),
      5: { span: (attribute) => this.#attribute(attribute, node, depth) },
      7: this.#texts((domain) => (node.domain = plainDomain(domain))),
    });
    return node;
  }

  /** Tensors and subgraphs of an attribute. What a subgraph takes from around it the node reads too. */
  #attribute(span: Span, node: NodeParts, depth: number): void {
    const tensor: FieldHandler = { span: (value) => this.#tensor(value) };
    const sparse: FieldHandler = { span: (value) => this.#sparseTensor(value) };
    const graph: FieldHandler = {
      span: (value) => {
        const inner = emptyGraph();
        this.#graph(value, inner, depth + 1);
        for (const { inputs, domain, op, within } of inner.nodes) {
          for (const name of inputs) node.inputs.push(name);
          node.within.push({ domain, op });
          for (const operator of within) node.within.push(operator);
        }
        for (const { name } of inner.outputs) node.inputs.push(name);
      },
    };
    this.#wire.each(span, { 5: tensor, 6: graph, 10: tensor, 11: graph, 22: sparse, 23: sparse });
  }

  #function(span: Span): FunctionScan {
    const result = { domain: '', op: '', within: [] as Operator[] };
    const defaults: NodeParts = { domain: '', op: '', inputs: [], outputs: [], within: result.within };
    this.#wire.each(span, {
      1: this.#texts((name) => (result.op = name)),
      7: {
        span: (value) => {
          const { domain, op, within } = this.#node(value, 0);
          result.within.push({ domain, op });
          for (const operator of within) result.within.push(operator);
        },
      },
      10: this.#texts((domain) => (result.domain = plainDomain(domain))),
      11: { span: (attribute) => this.#attribute(attribute, defaults, 0) },
    });
    return result;
  }

  /** Graphs that are only run in training; walked for the tensors in them. */
  #training(span: Span): void {
    const graph: FieldHandler = { span: (value) => this.#graph(value, emptyGraph(), 0) };
    this.#wire.each(span, { 1: graph, 2: graph });
  }

  #value(span: Span): ValueScan {
    let name = '';
    let elementType = 0;
    let dims: (number | string)[] | undefined;
    const shape: FieldHandler = {
      span: (value) => {
        const sizes = dims ?? [];
        dims = sizes;
        this.#wire.each(value, { 1: { span: (dim) => sizes.push(this.#dim(dim)) } });
      },
    };
    const tensor: FieldHandler = {
      span: (value) => this.#wire.each(value, { 1: { integer: (type) => (elementType = type) }, 2: shape }),
    };
    const type: FieldHandler = { span: (value) => this.#wire.each(value, { 1: tensor }) };
    this.#wire.each(span, { 1: this.#texts((text) => (name = text)), 2: type });
    return { name, elementType, dims };
  }

  #dim(span: Span): number | string {
    let size: number | string = '';
    this.#wire.each(span, {
      1: { integer: (value) => (size = value) },
      2: this.#texts((name) => (size = name)),
    });
    return size;
  }

  /** The tensor's name; notes it when its numbers are in another file. */
  #tensor(span: Span): string {
    let name = '';
    let elsewhere = false;
    const entries = new Map<string, string>();
    this.#wire.each(span, {
      8: this.#texts((text) => (name = text)),
      13: {
        span: (entry) => {
          let [key, value] = ['', ''];
          this.#wire.each(entry, {
            1: this.#texts((text) => (key = text)),
            2: this.#texts((text) => (value = text)),
          });
          entries.set(key, value);
        },
      },
      // Any other number than 0 counts, because readers cut it to 32 bits first.
      14: { integer: (location) => (elsewhere ||= location !== 0) },
    });
    if (elsewhere || entries.size > 0) {
      const [location, offset, length] = ['location', 'offset', 'length'].map((key) => entries.get(key));
      this.#external.push({ name, location, offset, length });
    }
    return name;
  }

  #sparseTensor(span: Span): string {
    let name = '';
    this.#wire.each(span, {
      1: { span: (values) => (name = this.#tensor(values)) },
      2: { span: (indices) => this.#tensor(indices) },
    });
    return name;
  }

  #texts(take: (text: string) => void): FieldHandler {
    return { span: (span) => take(this.#wire.text(span)) };
  }
}

function emptyGraph(): GraphParts {
  return { inputs: [], outputs: [], nodes: [], initialized: new Set() };
}

/** ONNX's own domain has two spellings. */
function plainDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}
