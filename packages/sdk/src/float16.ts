/**
 * IEEE 754 half precision as the 16 bits that ONNX Runtime takes and gives: 1 sign, 5 exponent, 10 fraction bits.
 * JavaScript has Float16Array only since 2025.
 */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Smallest positive normal half, 2^-14, and the step between subnormal halves, 2^-24. */
const smallestNormal = 2 ** -14;
const subnormalStep = 2 ** -24;
/** From here on a number rounds to infinity: half a step above the largest half, 65504. */
const overflow = 65520;

/** The half nearest to a number, ties to the even one; NaN stays NaN, numbers from 65520 on become infinity. */
export function toHalf(value: number): number {
  float[0] = value;
  const pattern = bits[0]!;
  const sign = (pattern >>> 16) & 0x8000;
  const size = Math.abs(float[0]!);
  if (Number.isNaN(size)) return sign | 0x7e00;
  if (size >= overflow) return sign | 0x7c00;
  if (size < smallestNormal) return sign | roundToEven(size / subnormalStep);
  // 13 fraction bits go; a carry out of the fraction raises the exponent, which is right.
  const rest = pattern & 0x1fff;
  const kept = ((pattern & 0x7fffffff) >>> 13) - (112 << 10);
  const up = rest > 0x1000 || (rest === 0x1000 && (kept & 1) === 1);
  return sign | (up ? kept + 1 : kept);
}

/** The number that a half stands for. */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * subnormalStep;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds float32 numbers to halves. */
export function toHalves(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = toHalf(values[i]!);
  return halves;
}

/** All 65536 halves as numbers; made on first use. */
let table: Float32Array | undefined;

/** Halves as float32 numbers, exactly. */
export function fromHalves(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, half) => fromHalf(half));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = table[halves[i]!]!;
  return values;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
