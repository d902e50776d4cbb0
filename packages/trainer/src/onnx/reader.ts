import { TrainerError } from '../errors.js';
import { type Field, readFields, readPacked } from '../protobuf/reader.js';
import { elementTypes } from './model.js';

/** A constant of a graph; its numbers where they are stored as plain bytes in the file. */
export interface StoredTensor {
  readonly name: string;
  readonly elementType: number;
  readonly dims: readonly number[];
  readonly raw?: Uint8Array;
  /** The numbers are in a file beside this one. */
  readonly external: boolean;
}

/** An input or output: an open extent is its name, '' without one. */
export interface StoredPort {
  readonly name: string;
  readonly elementType: number;
  readonly dims: readonly (number | string)[];
}

/** What an ONNX file holds, as far as exporting needs to know. */
export interface StoredModel {
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  /** Without those that are constants. */
  readonly inputs: readonly StoredPort[];
  readonly outputs: readonly StoredPort[];
  readonly tensors: readonly StoredTensor[];
  /** Domains of the operators; '' is ONNX's own. */
  readonly domains: ReadonlySet<string>;
}

/** Element type number of float32. */
export const FLOAT = elementTypes.float32;
// As in onnx.proto, whose field numbers stand below.
const EXTERNAL = 1;

const text = new TextDecoder();

/** Reads messages of one file, so that an error can name it. */
class OnnxReader {
  constructor(private readonly where: string) {}

  /** The fields of a message by number. */
  fields(bytes: Uint8Array): (number: number) => Field[] {
    const all = [...readFields(bytes, this.where)];
    return (number) => all.filter((field) => field.number === number);
  }

  messages(fields: readonly Field[]): Uint8Array[] {
    return fields.map(({ bytes }) => {
      if (!bytes) throw new TrainerError('bad-file', `${this.where}: a number where a message is expected.`);
      return bytes;
    });
  }

  text(fields: readonly Field[]): string {
    const last = this.messages(fields).at(-1);
    return last ? text.decode(last) : '';
  }

  int(fields: readonly Field[], absent = 0): number {
    return fields.at(-1)?.int ?? absent;
  }

  /** Repeated whole numbers, each by itself or packed into one field. */
  ints(fields: readonly Field[]): number[] {
    return fields.flatMap(({ int, bytes }) => {
      if (int !== undefined) return [int];
      return bytes ? readPacked(bytes, this.where) : [];
    });
  }

  tensor(bytes: Uint8Array): StoredTensor {
    const field = this.fields(bytes);
    return {
      name: this.text(field(8)),
      elementType: this.int(field(2)),
      dims: this.ints(field(1)),
      raw: field(9).at(-1)?.bytes,
      external: this.int(field(14)) === EXTERNAL || field(13).length > 0,
    };
  }

  port(bytes: Uint8Array): StoredPort {
    const field = this.fields(bytes);
    const [tensor = new Uint8Array()] = this.messages(field(2)).flatMap((type) =>
      this.messages(this.fields(type)(1)),
    );
    const type = this.fields(tensor);
    const dims = this.messages(type(2)).flatMap((shape) => this.messages(this.fields(shape)(1)));
    return {
      name: this.text(field(1)),
      elementType: this.int(type(1)),
      dims: dims.map((dim) => {
        const size = this.fields(dim);
        return size(1).at(-1)?.int ?? this.text(size(2));
      }),
    };
  }

  model(bytes: Uint8Array): StoredModel {
    const field = this.fields(bytes);
    const graphs = this.messages(field(7));
    const opsets = this.messages(field(8));
    if (graphs.length !== 1 || opsets.length === 0)
      throw new TrainerError(
        'bad-file',
        `${this.where}: no ONNX model, or one that is cut off (graphs: ${graphs.length}, operator sets: ${opsets.length}).`,
      );
    const graph = this.fields(graphs[0]);
    const tensors = this.messages(graph(5)).map((tensor) => this.tensor(tensor));
    const constants = new Set(tensors.map(({ name }) => name));
    const operators = this.messages(graph(1)).map((node) => this.text(this.fields(node)(7)));
    return {
      opsets: opsets.map((opset) => {
        const value = this.fields(opset);
        return { domain: plain(this.text(value(1))), version: this.int(value(2)) };
      }),
      inputs: this.messages(graph(11))
        .map((port) => this.port(port))
        .filter(({ name }) => !constants.has(name)),
      outputs: this.messages(graph(12)).map((port) => this.port(port)),
      tensors,
      domains: new Set(operators.map(plain)),
    };
  }
}

/** ONNX's own domain has two spellings. */
const plain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/**
 * Reads what an ONNX file says about itself, and where its constants are; numbers are not copied.
 *
 * @param where begins the errors' text
 * @throws TrainerError "bad-file" for bytes that are no ONNX model
 * @example readOnnx(await readFile('encoder.onnx'), 'encoder.onnx').inputs // [{ name: 'x', elementType: 1, … }]
 */
export const readOnnx = (bytes: Uint8Array, where: string): StoredModel => new OnnxReader(where).model(bytes);
