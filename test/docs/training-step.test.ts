import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { node, python, root, run, vaeTrain, withFolder } from '../support/project.js';

const program = async () => {
  const page = await readFile(join(root, 'docs/training-step.md'), 'utf8');
  return /```python\n([\s\S]*?)```/.exec(page)![1];
};

it.skipIf(!python)(
  'docs/training-step.md: ten lines of Python train with step.onnx (needs Python with onnxruntime)',
  () =>
    withFolder(async (folder) => {
      const built = await node([vaeTrain, 'build', 'seed-cvae', '--out', 'step'], { cwd: folder });
      expect(built, built.stderr).toMatchObject({ code: 0 });
      await writeFile(join(folder, 'train.py'), await program());
      const trained = await run(python!, ['train.py'], { cwd: folder });
      expect(trained, trained.stderr).toMatchObject({ code: 0 });
      const losses = trained.stdout
        .trim()
        .split('\n')
        .map((line) => Number(line.split(' ')[1]));
      expect(losses).toHaveLength(20);
      // 784 pixels, logits near 0 at first: about 784 · log 2 = 543.4 nats, and less after every few steps.
      expect(losses[0]).toBeGreaterThan(500);
      expect(losses[0]).toBeLessThan(600);
      expect(losses[19]).toBeLessThan(losses[0] - 1);
    }),
);

it.skipIf(!python)('step.onnx passes the checker of the onnx package (needs Python with onnx)', () =>
  withFolder(async (folder) => {
    await node([vaeTrain, 'build', 'seed-keras', '--out', 'step'], { cwd: folder });
    const check =
      'import onnx; m = onnx.load("step/step.onnx"); onnx.checker.check_model(m, full_check=True); print(m.opset_import[0].version)';
    const { code, stdout, stderr } = await run(python!, ['-c', check], { cwd: folder });
    expect({ code, version: stdout.trim() }, stderr).toEqual({ code: 0, version: '17' });
  }),
);
