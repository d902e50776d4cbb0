import { describe, expect, it } from 'vitest';
import { bytesFolder, bytesOf, isFileBytes, type ModelFiles } from './bytes-folder.js';

const text = (value: string) => new TextEncoder().encode(value);
const folder = (files: ModelFiles, maxBytes = 2 ** 20) => bytesFolder(files, 'VAE.load files', maxBytes);

/** A File as `<input webkitdirectory>` gives it. */
function picked(path: string, content = path): File {
  return Object.defineProperty(new File([content], path.replace(/.*\//, '')), 'webkitRelativePath', {
    value: path,
  });
}

it.each([
  ['a Uint8Array', text('abc')],
  ['a part of a buffer', text('xabcx').subarray(1, 4)],
  ['an ArrayBuffer', text('abc').buffer],
  ['a Blob', new Blob(['abc'])],
  ['a File', new File(['abc'], 'x')],
])('reads %s', async (_, file) => {
  expect(isFileBytes(file)).toBe(true);
  expect(await bytesOf(file as Blob, 'x')).toEqual(text('abc'));
  const bytes = await folder(new Map([['model.onnx', file as Blob]])).read('model.onnx', { exactly: 3 });
  expect([...bytes]).toEqual([97, 98, 99]);
});

it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => void]>([
  ['is filled anew', (bytes) => bytes.fill(0)],
  ['is handed on', (bytes) => structuredClone(bytes, { transfer: [bytes.buffer] })],
])('keeps what an array held when it was read first, though it %s', async (_, change) => {
  for (const wrap of [
    (bytes: Uint8Array<ArrayBuffer>) => bytes,
    ({ buffer }: Uint8Array<ArrayBuffer>) => buffer,
  ]) {
    const bytes = text('abc');
    const place = folder(new Map([['model.onnx', wrap(bytes)]]));
    const first = await place.read('model.onnx', { exactly: 3 });
    change(bytes);
    expect(await place.read('model.onnx', { exactly: 3 })).toEqual(text('abc'));
    expect(first).toEqual(text('abc'));
  }
});

it('says that an array was handed on before it was read', async () => {
  const bytes = text('abc');
  structuredClone(bytes, { transfer: [bytes.buffer] });
  await expect(folder(new Map([['a', bytes]])).read('a', {})).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('VAE.load files a: cannot be read: '),
  });
});

it.each([['abc'], [[1, 2]], [null], [undefined], [{ size: 3 }], [new Float32Array(1)], [new Map()]])(
  'takes %j for no file',
  (value) => {
    expect(isFileBytes(value)).toBe(false);
    expect(() => folder(new Map([['model.onnx', value as Blob]]))).toThrow(
      'VAE.load files model.onnx: expected a Uint8Array, an ArrayBuffer or a Blob.',
    );
  },
);

it('compares sizes before it reads', async () => {
  const unread = { size: 9, arrayBuffer: () => expect.unreachable() } as unknown as Blob;
  const place = folder(new Map([['a.onnx', unread]]), 8);
  await expect(place.read('a.onnx', {})).rejects.toThrow(
    'VAE.load files a.onnx: 9 bytes, more than maxBytes, which is 8; pass a larger maxBytes.',
  );
  await expect(place.read('a.onnx', { atMost: 7 })).rejects.toThrow('9 bytes, at most 7 are read.');
  await expect(place.read('a.onnx', { exactly: 8 })).rejects.toThrow(
    '9 bytes, the manifest says 8; it is another file, or was changed; fetch it again.',
  );
});

it('says which files there are', async () => {
  await expect(folder(new Map()).read('vae.json', {})).rejects.toThrow(
    'VAE.load files vae.json: no such file was given; the list is empty.',
  );
  await expect(folder(new Map([['a', text('')]])).read('b', {})).rejects.toMatchObject({
    code: 'not-found',
    message: 'VAE.load files b: no such file was given; there are: a.',
  });
});

it('says that a picked file is gone', async () => {
  const gone = {
    size: 1,
    arrayBuffer: () => Promise.reject(new Error('NotReadableError')),
  } as unknown as Blob;
  await expect(folder(new Map([['a', gone]])).read('a', {})).rejects.toMatchObject({
    code: 'bad-model',
    message: 'VAE.load files a: cannot be read: NotReadableError',
  });
});

it('stops on a signal', async () => {
  const reason = new Error('enough');
  const place = folder(new Map([['a', new Blob(['x'])]]));
  await expect(place.read('a', {}, AbortSignal.abort(reason))).rejects.toBe(reason);
});

describe('a list of picked files', () => {
  const read = async (files: File[], name: string) =>
    new TextDecoder().decode(await folder(files).read(name, {}));

  it('is the folder of its manifest', async () => {
    const files = ['all/README.md', 'all/one/encoder.onnx', 'all/one/vae.json', 'all/one/old/vae.json'];
    expect(
      await read(
        files.map((path) => picked(path)),
        'vae.json',
      ),
    ).toBe('all/one/vae.json');
    expect(
      await read(
        files.map((path) => picked(path)),
        'encoder.onnx',
      ),
    ).toBe('all/one/encoder.onnx');
    await expect(
      read(
        files.map((path) => picked(path)),
        'README.md',
      ),
    ).rejects.toThrow('no such file was given');
  });

  it('may be plain files', async () => {
    expect(await read([new File(['m'], 'vae.json'), new File(['e'], 'encoder.onnx')], 'encoder.onnx')).toBe(
      'e',
    );
  });

  it('is the picked folder where there is no manifest', async () => {
    const files = ['sd/vae_encoder/model.onnx', 'sd/vae_decoder/model.onnx'].map((path) => picked(path));
    expect(await read(files, 'vae_decoder/model.onnx')).toBe('sd/vae_decoder/model.onnx');
  });

  it('is taken as it is where nothing holds all', async () => {
    const files = ['a/x.onnx', 'b/y.onnx'].map((path) => picked(path));
    expect(await read(files, 'b/y.onnx')).toBe('b/y.onnx');
  });

  it('is refused where it is two models', () => {
    expect(() => folder([picked('all/a/vae.json'), picked('all/b/vae.json')])).toThrow(
      'VAE.load files: these are 2 models (all/a/, all/b/); choose the folder of one.',
    );
  });

  it('is refused where it is no list', () => {
    expect(() => folder(5 as never)).toThrow('expected a list of Files, or a Map from names to contents.');
    expect(() => folder([5] as never)).toThrow(
      'VAE.load files item 1: expected a Uint8Array, an ArrayBuffer or a Blob.',
    );
  });
});
