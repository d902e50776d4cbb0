import { basename } from 'node:path';

/** A value as it stands in the options of a spec, which begin at the last `?` and are parted by `&`. */
export const inOption = (value: string): string =>
  value.replaceAll('%', '%25').replaceAll('&', '%26').replaceAll('?', '%3F');

/**
 * A spec with options added; those of the same name are replaced.
 *
 * @example withOptions('csv:a.csv?label=kind', { normalize: 'standard' }) // 'csv:a.csv?label=kind&normalize=standard'
 */
export function withOptions(spec: string, options: Readonly<Record<string, string>>): string {
  const added = Object.entries(options).map(([name, value]) => `${name}=${inOption(value)}`);
  const left = optionsOf(spec).filter((option) => !Object.hasOwn(options, option.split('=')[0]));
  return `${pathOf(spec)}?${[...left, ...added].join('&')}`;
}

/** The options of a spec as they are written. */
export function optionsOf(spec: string): string[] {
  const at = spec.lastIndexOf('?');
  return at < 0
    ? []
    : spec
        .slice(at + 1)
        .split('&')
        .filter((option) => option !== '');
}

/** Whether an option of data of this kind names a file or folder; `test` may be a number too, which is left as it is. */
const namesFile = (source: string, option: string): boolean =>
  option === 'test' || (option === 'label' && ['npy', 'idx'].includes(source));

/**
 * The name of data, with no folders of this machine in its options.
 *
 * @example withoutFolders('csv:train.csv?test=m1/test.csv') // 'csv:train.csv?test=test.csv'
 */
export function withoutFolders(name: string): string {
  const options = optionsOf(name);
  if (options.length === 0) return name;
  const [source] = name.split(/[:?]/);
  const bare = options.map((option) => {
    const [key, ...rest] = option.split('=');
    if (rest.length === 0 || !namesFile(source, key)) return option;
    return `${key}=${inOption(basename(decodeURIComponent(rest.join('='))))}`;
  });
  return `${pathOf(name)}?${bare.join('&')}`;
}

/** What data of a source are called: by their file or folder and their options. */
export const nameOf = (source: string, path: string, query: string): string =>
  withoutFolders(`${source}:${basename(path)}${query}`);

const pathOf = (spec: string): string => {
  const at = spec.lastIndexOf('?');
  return at < 0 ? spec : spec.slice(0, at);
};
