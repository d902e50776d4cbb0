/** A promise whose failure is reported where it is awaited later; until then nobody listens. */
export function quiet<R>(result: Promise<R>): Promise<R> {
  result.catch(() => {});
  return result;
}
