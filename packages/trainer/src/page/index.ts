export { TrainerError } from '../errors.js';
export { parseRecipe, type Recipe, type RecipeInput } from '../recipe/recipe.js';
export { PageTraining, type PageTrainingOptions } from './training.js';
