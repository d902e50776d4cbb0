// What ONNX Runtime says, as far as it helps. Loaded when it is needed; imports no code.

export function refused(text: string): string {
  const words = `ONNX Runtime refused the model: ${withoutPlace(text)}`;
  const hint = hints.find(([said]) => said.test(text))?.[1];
  return hint === undefined ? words : `${words.replace(/\.$/, '')}. ${hint}`;
}

/** What to do about what ONNX Runtime says, where that is always the same. */
const hints: readonly (readonly [said: RegExp, hint: string])[] = [
  // As tf2onnx leaves Keras' random operators in a graph, with a warning only.
  [
    /No Op registered for/,
    'Export it without that operator; where it only draws a sample, leave that output out.',
  ],
  [
    /Unsupported model IR version|onnx opset versions/,
    'Export it for an older opset, or update ONNX Runtime.',
  ],
];

export const notRun = (text: string): string => `ONNX Runtime could not run the model: ${withoutPlace(text)}`;

/** An error's text without the place in ONNX Runtime's own source that it names: a file, a function, its check. */
export function withoutPlace(text: string): string {
  return text.replace(/\/\S+\.(?:cc|h):\d+ (?:.*? was false\. |.*?\) )/, '').trim();
}
