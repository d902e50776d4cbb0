/** Resolves in a task of its own, behind timers that are due and what has arrived. */
export { setImmediate as nextTask } from 'node:timers/promises';
