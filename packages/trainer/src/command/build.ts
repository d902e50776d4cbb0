import type { Command } from 'commander';
import { readForm } from '../data/open.js';
import { asOneBatch } from '../run/accumulate.js';
import { writeStepFiles } from '../step-files.js';
import { createOutput, parseFolder, type Streams } from '../terminal/index.js';
import { addRecipeOptions, type RecipeFlags, resolveRecipe } from './recipe-options.js';

interface BuildFlags extends RecipeFlags {
  readonly out: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Adds the words and flags of `vae-train build` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  addRecipeOptions(command)
    .requiredOption('--out <dir>', 'folder for step.onnx, step.json and state.npz', parseFolder('--out'))
    .option('--overwrite', 'replace the files of an earlier build')
    .option('--json', 'end with one JSON object on stdout')
    .action((recipe: string | undefined, flags: BuildFlags) => run(recipe, flags, streams));
}

async function run(word: string | undefined, flags: BuildFlags, streams: Streams): Promise<void> {
  const output = createOutput({ json: flags.json, streams });
  const recipe = await resolveRecipe(word, flags);
  const options = { seed: recipe.seed, onNote: output.note };
  const form = await readForm(recipe.data.source, options, { classes: recipe.model.conditional });
  const files = await writeStepFiles(flags.out, asOneBatch(recipe), form, {
    overwrite: flags.overwrite === true,
  });
  output.result({ out: flags.out, files }, files.join('\n'));
}
