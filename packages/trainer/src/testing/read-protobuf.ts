/** One field of a message: a varint as a number, anything else as its bytes. */
export interface Field {
  readonly field: number;
  readonly value: bigint | Uint8Array;
}

/** The fields of a protocol-buffer message in the order of the file: the writer's counterpart, for tests. */
export function readFields(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[offset++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (count: number): Uint8Array => {
    if (offset + count > bytes.length) throw new Error(`a field ends behind byte ${bytes.length}`);
    offset += count;
    return bytes.subarray(offset - count, offset);
  };
  while (offset < bytes.length) {
    const tag = Number(varint());
    const wireType = tag & 7;
    if (wireType !== 0 && wireType !== 2 && wireType !== 5) throw new Error(`wire type ${wireType}`);
    fields.push({
      field: tag >> 3,
      value: wireType === 0 ? varint() : take(wireType === 5 ? 4 : Number(varint())),
    });
  }
  return fields;
}

const decoder = new TextDecoder();

/** All values of one field. */
export const valuesOf = (message: Uint8Array, field: number): (bigint | Uint8Array)[] =>
  readFields(message)
    .filter((item) => item.field === field)
    .map(({ value }) => value);

export const messagesOf = (message: Uint8Array, field: number): Uint8Array[] =>
  valuesOf(message, field).map((value) => value as Uint8Array);

export const textsOf = (message: Uint8Array, field: number): string[] =>
  messagesOf(message, field).map((value) => decoder.decode(value));

export const numbersOf = (message: Uint8Array, field: number): number[] =>
  valuesOf(message, field).map((value) => Number(BigInt.asIntN(64, value as bigint)));
