export { compileUpdate } from './compile-update.js';
export { Update } from './update.js';
export type { UpdatePlan } from './update-plan.js';
