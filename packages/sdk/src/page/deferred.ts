/** A promise that is settled from outside. Nobody has to listen to its rejection. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly settled: boolean;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T>(): Deferred<T> {
  let [settle, fail] = [(_: T) => {}, (_: unknown) => {}];
  let settled = false;
  const promise = new Promise<T>((resolve, reject) => {
    [settle, fail] = [resolve, reject];
  });
  promise.catch(() => {});
  return {
    promise,
    get settled() {
      return settled;
    },
    resolve(value) {
      settled = true;
      settle(value);
    },
    reject(error) {
      settled = true;
      fail(error);
    },
  };
}
