import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NoiseKey, normal, permutation, philox4x32, streamId, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { python, root, run, withFolder } from '../support/project.js';

interface Example {
  readonly key: Required<NoiseKey>;
  readonly [numbers: string]: unknown;
}

const block = async (language: string): Promise<string> => {
  const page = await readFile(join(root, 'docs/random.md'), 'utf8');
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)![1];
};

describe('docs/random.md', async () => {
  const example = JSON.parse(await block('json')) as Example;

  it('has the numbers that the SDK draws', () => {
    const { key } = example;
    const { seed, stream, step, index } = key;
    const hash = streamId(stream);
    expect(example).toEqual({
      key,
      hash,
      words: [0, 1].flatMap((b) =>
        philox4x32([b, index, step, hash], [seed % 2 ** 32, Math.floor(seed / 2 ** 32)]),
      ),
      uniform: [...uniform(key, 4)],
      normal: [...normal(key, 8)],
      permutation: [...permutation(8, key)],
    });
  });

  it.skipIf(!python)('has a Python program that prints them (needs Python with numpy)', () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, 'random-numbers.py'), await block('python'));
      const done = await run(python!, ['random-numbers.py'], { cwd: folder });
      expect(done, done.stderr).toMatchObject({ code: 0 });
      expect(JSON.parse(done.stdout)).toEqual(example);
    }),
  );
});
