// What ONNX Runtime says, as far as it helps. Loaded when it is needed; imports no code.

export const refused = (text: string): string => `ONNX Runtime refused the model: ${withoutPlace(text)}`;

export const notRun = (text: string): string => `ONNX Runtime could not run the model: ${withoutPlace(text)}`;

/** An error's text without the place in ONNX Runtime's own source that it names: a file, a function, its check. */
export function withoutPlace(text: string): string {
  return text.replace(/\/\S+\.(?:cc|h):\d+ (?:.*? was false\. |.*?\) )/, '').trim();
}
