/** Bytes of WebAssembly: one instruction, or several in a row. */
export type Code = readonly number[];

/** An unsigned number in LEB128, seven bits a byte. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** A signed number of at most 32 bits in LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 127;
    const last = (rest >> 7 === 0 && (low & 64) === 0) || (rest >> 7 === -1 && (low & 64) !== 0);
    bytes.push(last ? low : low | 128);
    if (last) return bytes;
  }
}

const float32Bytes = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];

/** Every array that vectors are read from begins at a multiple of 16 bytes (2⁴). */
const ALIGNED_16 = 4;
const ALIGNED_4 = 2;

/** The instructions that kernels are made of (WebAssembly core specification 2.0, section 5.4), by their names. */
export const wasm = {
  end: [0x0b],
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  else: [0x05],
  br: (depth: number): Code => [0x0c, depth],
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  i32: {
    const: (value: number): Code => [0x41, ...signed(value)],
    add: [0x6a],
    sub: [0x6b],
    and: [0x71],
    shrU: [0x76],
    ltU: [0x49],
  },
  f32: {
    const: (value: number): Code => [0x43, ...float32Bytes(value)],
    add: [0x92],
    store: (offset: number): Code => [0x38, ALIGNED_4, ...unsigned(offset)],
  },
  v128: {
    load: (offset: number): Code => [...simd(0), ALIGNED_16, ...unsigned(offset)],
    store: (offset: number): Code => [...simd(11), ALIGNED_16, ...unsigned(offset)],
    and: simd(78),
    andnot: simd(79),
  },
  i32x4: {
    const: (lanes: readonly [number, number, number, number]): Code => [
      ...simd(12),
      ...new Uint8Array(Int32Array.from(lanes).buffer),
    ],
    splat: simd(17),
    ltS: simd(57),
  },
  f32x4: {
    splat: simd(19),
    extractLane: (lane: number): Code => [...simd(31), lane],
    lt: simd(67),
    gt: simd(68),
    abs: simd(224),
    neg: simd(225),
    sqrt: simd(227),
    add: simd(228),
    sub: simd(229),
    mul: simd(230),
    div: simd(231),
    min: simd(232),
    max: simd(233),
  },
} as const;

const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type ValueType = keyof typeof types;

/** A function without results; its parameters are locals 0, 1, … and the further locals follow them. */
export interface WasmFunction {
  readonly parameters: readonly ValueType[];
  /** Further locals as runs of one type. */
  readonly locals: readonly (readonly [count: number, type: ValueType])[];
  readonly code: Code;
}

const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): number[] => [...unsigned(bytes.length), ...bytes];
const name = (text: string): number[] => sized([...new TextEncoder().encode(text)]);
const section = (id: number, items: readonly Code[]): number[] => [id, ...sized(vector(items))];

const MAX_PAGES = 65_536;

/**
 * A module that works on the memory imported as `engine.memory` and exports each function under its index.
 *
 * @param shared true where the memory is one that several threads see
 * @see WebAssembly core specification 2.0, section 5.5; shared memories: the threads proposal
 * @example new WebAssembly.Module(writeModule([{ parameters: [], locals: [], code: [] }], { shared: false }))
 */
export function writeModule(functions: readonly WasmFunction[], { shared }: { shared: boolean }): Uint8Array {
  const signatures = functions.map(({ parameters }) => [
    0x60,
    ...vector(parameters.map((type) => [types[type]])),
    0,
  ]);
  const limits = shared ? [3, 0, ...unsigned(MAX_PAGES)] : [0, 0];
  const bodies = functions.map(({ locals, code }) =>
    sized([
      ...vector(locals.map(([count, type]) => [...unsigned(count), types[type]])),
      ...code,
      ...wasm.end,
    ]),
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, signatures),
    ...section(2, [[...name('engine'), ...name('memory'), 2, ...limits]]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      functions.map((_, index) => [...name(String(index)), 0, ...unsigned(index)]),
    ),
    ...section(10, bodies),
  ]);
}
