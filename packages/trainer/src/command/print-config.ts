import type { Command } from 'commander';
import type { Streams } from '../terminal/index.js';
import { addRecipeOptions, type RecipeFlags, resolveRecipe } from './recipe-options.js';

/** Adds the words and flags of `vae-train print-config` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  addRecipeOptions(command).action(async (word: string | undefined, flags: RecipeFlags) => {
    const recipe = await resolveRecipe(word, flags);
    streams.stdout.write(`${JSON.stringify(recipe, null, 2)}\n`);
  });
}
