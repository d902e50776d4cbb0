/**
 * Resolves in a task of its own, behind the page's own that wait: timers, input, drawing. A message, because timers wait
 * 4 ms, and `scheduler.yield` is for going on before the others do.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
