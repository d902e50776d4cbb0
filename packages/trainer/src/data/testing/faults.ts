import { permutation, uniform } from '@vae/sdk/random';

/** Bytes that lie at the edges of what headers hold, and those that structure texts. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x0a, 0x2c];

/** The bytes with a few of them changed, cut out, doubled or overwritten: a function of the stream and the number alone. */
export function withFaults(bytes: Uint8Array, stream: string, index: number): Uint8Array {
  const draws = Array.from(uniform({ seed: 1, stream, index }, 64));
  const below = (n: number) => Math.floor(draws.pop()! * n);
  let out = Buffer.from(bytes);
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(out.length + 1);
    const length = below(8) === 0 ? below(out.length + 1) : 1 + below(8);
    const [before, after] = [out.subarray(0, at), out.subarray(at + length)];
    const kind = below(6);
    if (kind === 0) out[at % Math.max(1, out.length)] = EDGES[below(EDGES.length)];
    else if (kind === 1) out[at % Math.max(1, out.length)] ^= 1 << below(8);
    else if (kind === 2) out.subarray(at, at + length).fill(below(2) ? 255 : 0);
    else if (kind === 3) out = Buffer.concat([before, after]);
    else if (kind === 4) out = Buffer.concat([out.subarray(0, at + length), out.subarray(at)]);
    else {
      const order = permutation(Math.max(1, length), { seed: index, stream });
      out = Buffer.concat([before, Buffer.from(order.map((i) => i * 37)), after]);
    }
  }
  return out;
}
