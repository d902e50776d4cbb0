/**
 * Whether ONNX Runtime says with this error that a call found its GPU gone; onnxruntime-node tells in no other way.
 *
 * @example saysLost(new Error('WebGPU device lost (1): driver was reset')) // true
 */
export const saysLost = (error: unknown): boolean => /device (was|is) (lost|destroyed)/i.test(String(error));
