import type { Command } from 'commander';
import { createOutput, type Streams } from '../terminal/index.js';
import { addRecipeOptions, type RecipeFlags, resolveRecipe } from './recipe-options.js';

/** Adds the words and flags of `vae-train print-config` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  addRecipeOptions(command)
    .option('--json', 'print it as one line')
    .action(async (word: string | undefined, { json, ...flags }: RecipeFlags & { json?: boolean }) => {
      const recipe = await resolveRecipe(word, flags);
      createOutput({ json, streams }).result(recipe, JSON.stringify(recipe, null, 2));
    });
}
