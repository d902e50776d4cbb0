import { VaeError } from '../errors.js';

/** Bytes `from` to `to` (exclusive) of a file: one message, text or list of numbers. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What to do with a field, by the form in which it is stored. */
export interface FieldHandler {
  readonly integer?: (value: number) => void;
  readonly span?: (span: Span) => void;
}

/** By field number. */
export type FieldHandlers = Readonly<Record<number, FieldHandler>>;

/** Wire types of protobuf; groups (3 and 4) were given up before ONNX began. */
const wire = { varint: 0, eightBytes: 1, span: 2, fourBytes: 5 } as const;

/** More than any autoencoder needs (some 100 000 nodes), few enough to be read within a second. */
const maximumFields = 2 ** 20;

/**
 * Walks over the fields of a protobuf file without copying it. What has no handler is passed over by its length, so
 * weights cost nothing.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 */
export class Wire {
  readonly #bytes: Uint8Array;
  readonly #where: string;
  readonly #text = new TextDecoder('utf-8', { ignoreBOM: true });
  #at = 0;
  #fields = 0;

  /** @param where begins the errors' text */
  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#where = where;
  }

  get whole(): Span {
    return { from: 0, to: this.#bytes.length };
  }

  /**
   * Calls the handlers of a message's fields in the order in which they are stored. A field of another form than its
   * handler expects is passed over, as protobuf does.
   *
   * @throws VaeError "bad-model" where the bytes are no message
   */
  each({ from, to }: Span, handlers: FieldHandlers): void {
    for (let next = from; next < to; ) {
      this.#at = next;
      const tag = this.#varint(to);
      const field = Math.floor(tag / 8);
      if (field < 1 || field >= 2 ** 29) throw this.#damage(next, `names a field ${field}`);
      const handler = handlers[field];
      if (handler && ++this.#fields > maximumFields) {
        throw this.#damage(next, `is beyond the ${maximumFields} fields that are read`);
      }
      switch (tag % 8) {
        case wire.varint: {
          const value = this.#varint(to);
          next = this.#at;
          handler?.integer?.(value);
          break;
        }
        case wire.span: {
          const span = this.#span(to);
          next = span.to;
          handler?.span?.(span);
          break;
        }
        case wire.eightBytes:
          next = this.#skip(8, to);
          break;
        case wire.fourBytes:
          next = this.#skip(4, to);
          break;
        default:
          throw this.#damage(next, 'begins a field of an unknown form');
      }
    }
  }

  /** Text; bytes that are no UTF-8 become replacement characters. */
  text({ from, to }: Span): string {
    return this.#text.decode(this.#bytes.subarray(from, to));
  }

  /** A signed whole number of 64 bits; above 2^53 the nearest one that a double holds. */
  #varint(to: number): number {
    const start = this.#at;
    let [low, middle, high] = [0, 0, 0];
    for (let group = 0; group < 10; group++) {
      if (this.#at >= to) throw this.#damage(start, 'begins a number that is cut off');
      const byte = this.#bytes[this.#at++]!;
      const bits = byte & 127;
      if (group < 4) low |= bits << (7 * group);
      else if (group < 8) middle |= bits << (7 * (group - 4));
      else high |= bits << (7 * (group - 8));
      if (byte < 128) return ((high << 24) >> 24) * 2 ** 56 + middle * 2 ** 28 + low;
    }
    throw this.#damage(start, 'begins a number of more than ten bytes');
  }

  #span(to: number): Span {
    const start = this.#at;
    const length = this.#varint(to);
    const from = this.#at;
    if (length < 0 || length > to - from) {
      // Parts that reach beyond the file itself say how long it once was.
      const whole = to === this.#bytes.length && length > 0 ? from + length : undefined;
      throw this.#damage(start, `states a length of ${length} where ${to - from} bytes are left`, whole);
    }
    return { from, to: from + length };
  }

  #skip(length: number, to: number): number {
    if (to - this.#at < length) throw this.#damage(this.#at, 'begins a number that is cut off');
    return this.#at + length;
  }

  /** @param whole the least length that the file had before it was cut off */
  #damage(at: number, what: string, whole?: number): VaeError {
    const size = this.#bytes.length;
    const cut = whole === undefined ? '' : ` (${size} bytes of ${whole} or more; fetch it again)`;
    return new VaeError(
      'bad-model',
      `${this.#where}: byte ${at} of ${size} ${what}; the file is cut off${cut}, damaged or no ONNX model.`,
    );
  }
}
