import type { Streams } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { outputFormat } from '../io/output-path.js';
import { imageFormats, imageFormatsHelp, writeImages } from '../io/write-images.js';
import { chooseSeed, noteSeed, withModel } from '../model.js';
import {
  addCount,
  addModel,
  addOutput,
  addSeed,
  addTemperature,
  type ModelOptions,
  type OutputOptions,
} from '../options.js';

interface Options extends ModelOptions, OutputOptions {
  readonly count: number;
  readonly seed?: number;
  readonly temperature: number;
}

export function setUp(command: Command, streams: Streams): void {
  addModel(command);
  addOutput(command, imageFormatsHelp);
  addCount(command, 'how many images', 16);
  addSeed(command);
  addTemperature(command);
  command.action(async (source: string, options: Options) => {
    const { output, count, temperature } = options;
    const format = outputFormat(output, imageFormats);
    await withModel(source, options, streams, async (session) => {
      const seed = await chooseSeed(options.seed);
      const images = await session.vae.sample(count, { seed, temperature });
      const text = await writeImages(images, { ...options, format });
      noteSeed(options.seed, seed, session.output);
      session.output.result({ output, count, seed, temperature, device: session.vae.device }, text);
    });
  });
}
