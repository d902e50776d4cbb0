import { describe, expect, it } from 'vitest';
import { hubMayFollow, hubModel, hubNameOf, hubOf } from './hub.js';
import type { Send } from './send.js';

const send: Send = () => expect.unreachable();
const model = (source: string | URL, endpoint?: string) => hubModel(source, hubOf({ endpoint }), send);

describe('a source of the Hub', () => {
  it.each([
    ['hf:ada/digits', 'https://huggingface.co/ada/digits/resolve/main/'],
    ['hf://ada/digits/', 'https://huggingface.co/ada/digits/resolve/main/'],
    ['HF:ada/digits@v1.0', 'https://huggingface.co/ada/digits/resolve/v1.0/'],
    ['hf:ada/digits@v1/onnx/small', 'https://huggingface.co/ada/digits/resolve/v1/onnx/small/'],
    ['hf:ada/digits/onnx', 'https://huggingface.co/ada/digits/resolve/main/onnx/'],
    ['hf:ada/digits@v1/onnx/vae.json', 'https://huggingface.co/ada/digits/resolve/v1/onnx/'],
    ['hf:a.d_a/di-gi.ts@refs%2fpr%2F1', 'https://huggingface.co/a.d_a/di-gi.ts/resolve/refs%2Fpr%2F1/'],
  ])('%s is at %s', (source, url) => {
    expect(model(source).base.href).toBe(url);
    expect(model(new URL(source)).base.href).toBe(url);
  });

  it('has a place of its own in a cache', () => {
    expect(model('hf:ada/digits@refs%2Fpr%2F1/onnx', 'http://localhost:81/hub').place).toEqual([
      'hub',
      'localhost%3A81',
      'ada--digits',
      'refs%2Fpr%2F1',
      'onnx',
    ]);
  });

  it('never changes where it is a commit', () => {
    expect(model(`hf:ada/digits@${'0a'.repeat(20)}`).immutable).toBe(true);
    expect(model(`hf:ada/digits@${'0a'.repeat(19)}`).immutable).toBe(false);
    expect(model('hf:ada/digits').immutable).toBe(false);
  });

  it.each([
    ['hf:digits', 'it does not have that form'],
    ['hf:', 'it does not have that form'],
    ['hf:ada/digits@', 'it does not have that form'],
    ['hf:ada//digits', 'it does not have that form'],
    ['hf:../digits', "'..' is no name of the Hub"],
    ['hf:ada/.git', "'.git' is no name of the Hub"],
    ['hf:ada/digits.git', "'digits.git' is no name of the Hub"],
    ['hf:ada/dig--its', "'dig--its' is no name of the Hub"],
    ['hf:ada/digits?download=true', "'digits?download=true' is no name of the Hub"],
    [`hf:ada/${'d'.repeat(97)}`, `'${'d'.repeat(97)}' is no name of the Hub`],
    ['hf:ada/digits@..', "'..' is no branch, tag or commit"],
    ['hf:ada/digits@..%2F..', "'..%2F..' is no branch, tag or commit"],
    ['hf:ada/digits@a%2F%2Fb', "'a%2F%2Fb' is no branch, tag or commit"],
    ['hf:ada/digits@a%00b', "'a%00b' is no branch, tag or commit"],
    ['hf:ada/digits@main/..', "'..' is no plain folder"],
    ['hf:ada/digits/a\\b', "'a\\b' is no plain folder"],
    ['hf:ada/digits/%2e%2e/x', "'%2e%2e' is no plain folder"],
  ])('%s is refused', (source, why) => {
    expect(() => model(source)).toThrow(
      `VAE.load: '${source}': ${why}; expected hf:owner/name, hf:owner/name@revision or ` +
        'hf:owner/name@revision/folder.',
    );
  });
});

describe('an endpoint', () => {
  it('may have a path', () => {
    expect(model('hf:ada/digits', 'https://mirror.example/hf').base.href).toBe(
      'https://mirror.example/hf/ada/digits/resolve/main/',
    );
  });

  it.each([
    'http://mirror.example',
    'ftp://mirror.example',
    'mirror',
    '',
    'https://a:b@mirror.example',
    'https://m/?x',
  ])('%j is refused without being shown', (endpoint) => {
    expect(() => hubOf({ endpoint })).toThrow(
      /^VAE\.load: hub\.endpoint is not usable, expected an https: URL/,
    );
  });

  it('comes with the token of its own surroundings only', () => {
    const preset = { endpoint: 'https://mirror.example', token: ' secret\n' };
    expect(hubOf({}, preset)).toMatchObject({ token: 'secret', endpoint: { host: 'mirror.example' } });
    expect(hubOf({ token: 'own' }, preset).token).toBe('own');
    expect(hubOf({ endpoint: 'https://other.example' }, preset).token).toBeUndefined();
    expect(hubOf({}, { endpoint: '', token: '' })).toMatchObject({
      token: undefined,
      endpoint: { host: 'huggingface.co' },
    });
  });

  it.each([
    ['x', 'VAE.load hub: the options are a string, expected an object.'],
    [{ endpoint: 1 }, 'hub.endpoint is not usable'],
    [{ token: 'a\nb' }, '(hub.token, HF_TOKEN) is not usable'],
    [{ token: {} }, '(hub.token, HF_TOKEN) is not usable'],
  ])('of %j is refused', (options, text) => {
    expect(() => hubOf(options as never)).toThrow(text);
  });

  it.each(['se\ncret', 'se cret', 'secrét'])('with the token %j is refused without showing it', (token) => {
    expect(() => hubOf({}, { token })).toThrow(
      /^VAE\.load: the token of the Hub \(hub\.token, HF_TOKEN\) is not usable, expected printable characters without spaces\.$/,
    );
  });

  it('may redirect to encrypted servers, and this machine to itself', () => {
    const follow = (endpoint: string, to: string) => hubMayFollow(hubOf({ endpoint }))(new URL(to));
    expect(follow('https://huggingface.co', 'https://cdn.example/x')).toBe(true);
    expect(follow('https://huggingface.co', 'http://cdn.example/x')).toBe(false);
    expect(follow('https://huggingface.co', 'http://localhost/x')).toBe(false);
    expect(follow('http://localhost:1', 'http://127.0.0.1:2/x')).toBe(true);
    expect(follow('http://localhost:1', 'http://cdn.example/x')).toBe(false);
  });
});

describe('the address of a page of the Hub', () => {
  it.each([
    ['https://huggingface.co/ada/digits', 'hf:ada/digits'],
    ['https://huggingface.co/ada/digits/?library=x', 'hf:ada/digits'],
    ['https://huggingface.co/ada/digits/tree/main', 'hf:ada/digits@main'],
    ['https://huggingface.co/ada/digits/tree/v1/onnx/', 'hf:ada/digits@v1/onnx'],
    ['https://huggingface.co/ada/digits/blob/v1/vae.json', 'hf:ada/digits@v1/vae.json'],
    ['https://huggingface.co/ada/digits/resolve/main/', undefined],
    ['https://huggingface.co/ada', undefined],
    ['https://huggingface.co/datasets/digits', undefined],
    ['https://example.com/ada/digits', undefined],
  ])('%s names %s', (address, name) => {
    expect(hubNameOf(new URL(address))).toBe(name);
  });
});
