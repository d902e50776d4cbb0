import type { ModelRuntime } from './types.js';

/** ONNX, opset 17: y = x + x, both float32 [2]. */
const doubling =
  '08083a380a0e0a01780a017812017922034164641204746573745a0f0a0178120a0a08080112040a020802620f0a0179120a0a08080112040a02080242021011';

/** Runs a tiny model; throws where the device does not compute. Only this tells whether a device really works. */
export async function tryDevice(runtime: ModelRuntime): Promise<void> {
  const bytes = Uint8Array.from(doubling.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  const session = await runtime.createSession(bytes, { threads: 1 });
  try {
    const { y } = await session.run({ x: { data: Float32Array.of(1, -2.5), shape: [2] } });
    const [a, b] = y!.data;
    if (a !== 2 || b !== -5) throw new Error(`1 + 1 came out as ${a} and -2.5 - 2.5 as ${b}`);
  } finally {
    await session.release();
  }
}
