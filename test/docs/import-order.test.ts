import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { expect, it } from 'vitest';
import { root } from '../support/project.js';

/** Rooms (folders and files below src) from the bottom up: each imports from those before it and from its own line alone. */
const rooms = {
  sdk: `
    errors tag nearest shown or-abort quiet float16 values
    options
    onnx random tensor
    simd
    runtime workers
    latent
    manifest
    model
    foreign load
    media likelihood
    stream
    images tiles
    coder
    vae
    platform page
    index`,
  trainer: `
    errors text choice float32 same-json versions
    files wasm-memory protobuf
    noise schedules setup tensorflow graph
    onnx ops
    targets
    engines
    autodiff
    distributions layers
    likelihoods
    objectives
    model optimizers
    recipe
    programs data
    export
    run
    step-files sweep gpu-check page
    terminal
    command
    index`,
  cli: `
    tensors class-names has-prior options
    io doctor evaluate
    model page
    commands
    cli`,
};

const roomOf = (path: string): string => path.split('/')[0].replace(/\.ts$/, '');

/** Files of a package, tests aside, as paths below src. */
function filesOf(source: string): string[] {
  const paths = readdirSync(source, { recursive: true, encoding: 'utf8' });
  return paths
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !/(^|\/)testing(\/|\.ts)|\.test\.ts$/.test(path));
}

/** Rooms that a file imports from. */
function importsOf(source: string, path: string): string[] {
  const found = readFileSync(join(source, path), 'utf8').matchAll(/(?:from |import\()'(\.[^']+)\.js'/g);
  return [...found].map(([, target]) => roomOf(join(dirname(path), target)));
}

it.each(Object.entries(rooms))('rooms of %s import from those below them', (name, text) => {
  const source = join(root, 'packages', name, 'src');
  const files = filesOf(source);
  const lines = text.trim().split('\n');
  const levels = new Map(
    lines.flatMap((line, level) =>
      line
        .trim()
        .split(' ')
        .map((room) => [room, level]),
    ),
  );
  expect([...levels.keys()].sort()).toEqual([...new Set(files.map(roomOf))].sort());
  const upwards = files.flatMap((path) =>
    importsOf(source, path)
      .filter((room) => levels.get(room)! > levels.get(roomOf(path))!)
      .map((room) => `${path} imports ${room}`),
  );
  expect(upwards).toEqual([]);
});
