/** The package has no types of its own; `gif.ts` states the part that is used. */
declare module 'gifenc';
