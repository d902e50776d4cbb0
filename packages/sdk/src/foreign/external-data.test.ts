import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import { externalTensor, graph, model, value } from '../onnx/testing/protobuf.js';
import type { ForeignFile } from './files.js';
import { openForeign } from './open.js';

const weights = Uint8Array.from({ length: 100 }, (_, i) => i);

/** An encoder whose weights are elsewhere, and the names of the files that were read. */
function encoderWith(...entries: readonly Readonly<Record<string, string>>[]) {
  const bytes = model(
    graph({
      initializers: entries.map((entry, i) => externalTensor(`w${i}`, entry)),
      inputs: [value('x', ['N', 4])],
      outputs: [value('mu', ['N', 2]), value('logvar', ['N', 2])],
    }),
  );
  const read: string[] = [];
  const file: ForeignFile = {
    where: 'e.onnx',
    read: async () => bytes,
    async beside(name) {
      read.push(name);
      if (name === 'missing.bin') throw new VaeError('not-found', `${name}: no such file.`);
      return weights;
    },
  };
  return { file, read };
}

const open = (encoder: ForeignFile, externalData?: boolean) =>
  openForeign({ name: 'm', encoder }, externalData === undefined ? {} : { externalData });

describe('weights in other files', () => {
  it('are refused unless asked for, naming them and the option', async () => {
    const { file, read } = encoderWith({ location: 'e.onnx.data' }, { location: 'more.data' });
    for (const option of [undefined, false]) {
      await expect(open(file, option)).rejects.toMatchObject({
        code: 'unsupported',
        message:
          'e.onnx: its weights are in other files ("e.onnx.data", "more.data"). Pass externalData: true if they ' +
          'may be read from its folder, or export the model into one file.',
      });
    }
    expect(read).toEqual([]);
  });

  it('need a folder', async () => {
    const { file } = encoderWith({ location: 'e.onnx.data' });
    const { where, read } = file;
    await expect(open({ where, read }, true)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/Load it from its folder with externalData: true/),
    });
  });

  it('are handed over by the name that the graph uses, each file once', async () => {
    const { file, read } = encoderWith(
      { location: 'a.bin', offset: '0', length: '40' },
      { location: 'b.bin' },
      { location: 'a.bin', offset: '40', length: '60' },
    );
    const found = await (await open(file, true)).read('encoder');
    expect(found.externalData).toEqual([
      { path: 'a.bin', data: weights },
      { path: 'b.bin', data: weights },
    ]);
    expect(read).toEqual(['a.bin', 'b.bin']);
  });

  it.each([
    '../weights.bin',
    'a/../../weights.bin',
    './weights.bin',
    'sub/weights.bin',
    '/etc/passwd',
    'C:\\weights.bin',
    'C:weights.bin',
    '\\\\server\\share',
    '*/_ORT_MEM_ADDR_/*',
    '.hidden',
    'weights.bin ',
    'weights.bin.',
    'weights.bin\0.txt',
    '..%2fweights.bin',
    'https://example.com/w.bin',
    'nul',
    '',
  ])('are not read from %j', async (location) => {
    const { file, read } = encoderWith({ location });
    // Nor is the option asked for, which would not help.
    for (const option of [undefined, true]) {
      await expect(open(file, option)).rejects.toMatchObject({
        code: 'bad-model',
        message:
          `e.onnx: its weights are said to be in ${JSON.stringify(location)}, which is no plain name of a file beside ` +
          'it, so none are read from there. Export the model into one file, or with its weights beside it.',
      });
    }
    expect(read).toEqual([]);
  });

  it('are not read without a location', async () => {
    const { file } = encoderWith({ offset: '0' });
    await expect(open(file, true)).rejects.toMatchObject({ code: 'bad-model' });
  });

  it.each([
    ['0', '101'],
    ['50', '51'],
    ['101', undefined],
    ['-1', '5'],
    ['0', '-5'],
    ['1e1', '5'],
    ['0', '99999999999999999999'],
    ['nonsense', '5'],
  ])('from byte %s, %s of them, are not inside a file of 100', async (offset, length) => {
    const { file } = encoderWith({ location: 'a.bin', offset, ...(length && { length }) });
    await expect(open(file, true)).rejects.toMatchObject({
      code: 'bad-model',
      message: `e.onnx: tensor "w0" is said to be "${length ?? 'all'}" bytes from byte "${offset}" of a.bin, which has 100.`,
    });
  });

  it('that are not there are not found', async () => {
    const { file } = encoderWith({ location: 'missing.bin' });
    await expect(open(file, true)).rejects.toMatchObject({ code: 'not-found' });
  });
});
