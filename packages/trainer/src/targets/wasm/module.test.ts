import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { type Code, signed, unsigned, wasm, writeModule } from './module.js';

const { readWasm } = await wabt();
const toText = (bytes: Uint8Array): string => {
  const module = readWasm(bytes, { simd: true, threads: true });
  const text = module.toText({});
  module.destroy();
  return text;
};

const { i32, f32, v128, i32x4, f32x4 } = wasm;

describe('LEB128', () => {
  it.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    // The example of DWARF 4, section 7.6
    [624_485, [0xe5, 0x8e, 0x26]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('of %i without a sign', (value, bytes) => expect(unsigned(value)).toEqual(bytes));

  it.each([
    [0, [0]],
    [-1, [0x7f]],
    [63, [0x3f]],
    [64, [0xc0, 0]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [-123_456, [0xc0, 0xbb, 0x78]],
  ])('of %i with a sign', (value, bytes) => expect(signed(value)).toEqual(bytes));
});

describe('the bytes of a module', () => {
  const instructions: [string, Code][] = [
    ['local.get 0', wasm.get(0)],
    ['local.set 0', wasm.set(0)],
    ['i32.const -16', i32.const(-16)],
    ['i32.add', i32.add],
    ['i32.sub', i32.sub],
    ['i32.and', i32.and],
    ['i32.shr_u', i32.shrU],
    ['i32.lt_u', i32.ltU],
    ['f32.const 0x1p-1 (;=0.5;)', f32.const(0.5)],
    ['f32.add', f32.add],
    ['f32.store offset=300', f32.store(300)],
    ['v128.load offset=70000', v128.load(70_000)],
    ['v128.store', v128.store(0)],
    ['v128.and', v128.and],
    ['v128.andnot', v128.andnot],
    ['v128.const i32x4 0x00000000 0x00000001 0x00000002 0xffffffff', i32x4.const([0, 1, 2, -1])],
    ['i32x4.splat', i32x4.splat],
    ['i32x4.lt_s', i32x4.ltS],
    ['f32x4.splat', f32x4.splat],
    ['f32x4.extract_lane 3', f32x4.extractLane(3)],
    ['f32x4.lt', f32x4.lt],
    ['f32x4.gt', f32x4.gt],
    ['f32x4.abs', f32x4.abs],
    ['f32x4.neg', f32x4.neg],
    ['f32x4.sqrt', f32x4.sqrt],
    ['f32x4.add', f32x4.add],
    ['f32x4.sub', f32x4.sub],
    ['f32x4.mul', f32x4.mul],
    ['f32x4.div', f32x4.div],
    ['f32x4.min', f32x4.min],
    ['f32x4.max', f32x4.max],
  ];

  it.each(instructions)('of %s are what wabt 1.0.39 reads as that', (text, code) => {
    const module = writeModule([{ parameters: ['i32'], locals: [], code }], { shared: false });
    expect(toText(module)).toMatch(new RegExp(`\\n\\s+${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\)`));
  });

  it('have loops, conditions and branches', () => {
    const code = [...wasm.loop, ...wasm.get(0), ...wasm.if, ...wasm.br(1), ...wasm.end, ...wasm.end];
    const text = toText(
      writeModule([{ parameters: ['i32'], locals: [[2, 'v128']], code }], { shared: false }),
    );
    expect(text.replace(/\(;.*?;\)|;; label = @\d|\s+/g, ' ').replace(/ +/g, ' ')).toContain(
      '(local v128 v128) loop local.get 0 if br 1 end end)',
    );
  });

  it.each([
    [false, /\(memory \(;0;\) 0\)/],
    [true, /\(memory \(;0;\) 0 65536 shared\)/],
  ])('import a memory, shared: %s', (shared, expected) => {
    const empty = { parameters: ['f32'], locals: [], code: [] } as const;
    const bytes = writeModule([empty, { ...empty, parameters: ['i32', 'v128'] }], { shared });
    const text = toText(bytes);
    expect(text).toMatch(expected);
    expect(text).toContain('(import "engine" "memory"');
    expect(text).toContain('(export "1" (func 1))');
    expect(text).toMatch(/\(param i32 v128\)/);
    expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  });
});
