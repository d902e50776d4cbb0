/** Name of a value's built-in class, such as 'Uint8Array'. Unlike `instanceof` it sees those of other frames too. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
