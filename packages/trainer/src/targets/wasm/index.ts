export { compileUpdate } from './compile-update.js';
export type { Call, ScalarStep, UpdatePlan } from './update-plan.js';
