export { gradients } from './autodiff/gradients.js';
export type { Dataset, Normalization, Split } from './data/dataset.js';
export { sources } from './data/index.js';
export { datasetShape, openDataset, readShape } from './data/open.js';
export type { Compiled, Engine, Feeds, Program, Results, State } from './engines/engine.js';
export { type EngineName, engines } from './engines/index.js';
export { TrainerError } from './errors.js';
export * from './export/index.js';
export { layers } from './layers/index.js';
export { likelihoods } from './likelihoods/index.js';
export { objectives } from './objectives/index.js';
export { ops } from './ops/index.js';
export { optimizers } from './optimizers/index.js';
export { buildPrograms, initialState, type Programs } from './programs.js';
export { loadRecipe, shippedRecipes } from './recipe/load.js';
export { parseRecipe, type Recipe, type RecipeInput } from './recipe/recipe.js';
export type { Metrics } from './run/metrics.js';
export { type RangeTest, type RangeTestOptions, testRates } from './run/range-test/range-test.js';
export { train } from './run/train.js';
export type {
  CheckpointInfo,
  EpochRecord,
  StartInfo,
  StepInfo,
  TrainEvents,
  TrainOptions,
  TrainResult,
} from './run/types.js';
export { schedules } from './schedules/index.js';
export { findPrepared, type PreparedTfjs, type SetUpTfjsOptions, setUpTfjs } from './setup/tfjs/index.js';
export { writeStepFiles } from './step-files.js';
