import { TrainerError } from '../errors.js';

/** One field of a message: whole numbers in `int`, everything that has a length in `bytes`, others in neither. */
export interface Field {
  readonly number: number;
  /** Signed, 64 bits; beyond 2^53 the nearest number that a double holds. */
  readonly int?: number;
  readonly bytes?: Uint8Array;
}

const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH = 2;
const FOUR_BYTES = 5;
/** A varint has seven bits in a byte, and at most 64. */
const LONGEST_VARINT = 10;

class Cursor {
  private offset = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly where: string,
  ) {}

  get done(): boolean {
    return this.offset === this.bytes.length;
  }

  damaged(): TrainerError {
    return new TrainerError(
      'bad-file',
      `${this.where}: cut off or damaged at byte ${this.offset} of a message.`,
    );
  }

  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.offset) throw this.damaged();
    this.offset += count;
    return this.bytes.subarray(this.offset - count, this.offset);
  }

  varint(): bigint {
    let value = 0n;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const [byte] = this.take(1);
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return value;
    }
    throw this.damaged();
  }

  int(): number {
    return Number(BigInt.asIntN(64, this.varint()));
  }
}

/**
 * The fields of a protocol-buffer message in the order of the file, without copying it.
 *
 * @param where begins the error's text
 * @throws TrainerError "bad-file" for bytes that are no message
 * @see https://protobuf.dev/programming-guides/encoding
 */
export function* readFields(bytes: Uint8Array, where: string): Generator<Field, void> {
  const cursor = new Cursor(bytes, where);
  while (!cursor.done) {
    const tag = Number(cursor.varint());
    const number = Math.floor(tag / 8);
    if (number < 1) throw cursor.damaged();
    switch (tag % 8) {
      case VARINT:
        yield { number, int: cursor.int() };
        break;
      case LENGTH:
        yield { number, bytes: cursor.take(Number(cursor.varint())) };
        break;
      case EIGHT_BYTES:
        cursor.take(8);
        yield { number };
        break;
      case FOUR_BYTES:
        cursor.take(4);
        yield { number };
        break;
      default:
        throw cursor.damaged();
    }
  }
}

/**
 * Whole numbers that were packed into one field.
 *
 * @throws TrainerError "bad-file" when the last one is cut off
 */
export function readPacked(bytes: Uint8Array, where: string): number[] {
  const cursor = new Cursor(bytes, where);
  const numbers: number[] = [];
  while (!cursor.done) numbers.push(cursor.int());
  return numbers;
}
