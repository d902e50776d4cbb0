/** A value as it stands in the options of a spec, where `&` parts them. */
export const inOption = (value: string): string => value.replaceAll('%', '%25').replaceAll('&', '%26');

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

const pathOf = (spec: string): string => {
  const at = spec.lastIndexOf('?');
  return at < 0 ? spec : spec.slice(0, at);
};
