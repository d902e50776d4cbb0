export { type CompileOptions, compileUpdate } from './compile-update.js';
export { type Member, Update } from './update.js';
export type { Call, Place, ScalarStep, UpdatePlan } from './update-plan.js';
