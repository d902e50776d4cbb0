const text = new TextEncoder();

const lengthOf = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, { length }) => sum + length, 0);

/**
 * Writes protocol-buffer fields (wire format, https://protobuf.dev/programming-guides/encoding).
 *
 * @example new ProtobufWriter().int(1, 8).string(2, 'vae').bytes()
 */
export class ProtobufWriter {
  private readonly chunks: Uint8Array[] = [];

  private varint(value: number | bigint): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    const out: number[] = [];
    while (rest > 127n) {
      out.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.chunks.push(Uint8Array.from([...out, Number(rest)]));
    return this;
  }

  private tag(field: number, wireType: number): this {
    return this.varint((field << 3) | wireType);
  }

  /** A whole number, or an enumeration's. */
  int(field: number, value: number): this {
    return this.tag(field, 0).varint(value);
  }

  float(field: number, value: number): this {
    this.tag(field, 5).chunks.push(littleEndian(Float32Array.of(value)));
    return this;
  }

  private parts(field: number, chunks: readonly Uint8Array[]): this {
    this.tag(field, 2).varint(lengthOf(chunks));
    for (const chunk of chunks) this.chunks.push(chunk);
    return this;
  }

  raw(field: number, bytes: Uint8Array): this {
    return this.parts(field, [bytes]);
  }

  string(field: number, value: string): this {
    return this.raw(field, text.encode(value));
  }

  bool(field: number, value: boolean): this {
    return this.int(field, value ? 1 : 0);
  }

  message(field: number, write: (writer: ProtobufWriter) => unknown): this {
    const inner = new ProtobufWriter();
    write(inner);
    // Its parts as they are: whole weights would be copied once for each message around them.
    return this.parts(field, inner.chunks);
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(lengthOf(this.chunks));
    let offset = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    return all;
  }
}

const [lowFirst] = new Uint8Array(Uint16Array.of(1).buffer);

/** The numbers' bytes, least significant first whatever the machine: where it has them so, these are no copy. */
export function littleEndian(values: Float32Array | Int32Array | BigInt64Array): Uint8Array {
  if (lowFirst) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bytes = new Uint8Array(values.slice().buffer);
  for (let at = 0; at < bytes.length; at += values.BYTES_PER_ELEMENT)
    bytes.subarray(at, at + values.BYTES_PER_ELEMENT).reverse();
  return bytes;
}
