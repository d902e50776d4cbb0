/** As many characters as a line of a recipe may have. */
const WIDTH = 100;

const oneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  if (fields.length === 0) return '{}';
  return `{ ${fields.map(([key, field]) => `${JSON.stringify(key)}: ${oneLine(field)}`).join(', ')} }`;
};

/**
 * JSON as people write it: what fits on a line is on one, such as a layer, and the rest is indented by two.
 *
 * @param value plain data
 * @param indent columns in front of the first line, already written
 * @example formatJson({ name: 'mine', batch: 64 }) // '{ "name": "mine", "batch": 64 }'
 */
export function formatJson(value: unknown, { indent = 0, before = 0 } = {}): string {
  const whole = oneLine(value);
  if (typeof value !== 'object' || value === null || indent + before + whole.length < WIDTH) return whole;
  const inner = ' '.repeat(indent + 2);
  const lines = Array.isArray(value)
    ? value.map((item) => formatJson(item, { indent: indent + 2 }))
    : Object.entries(value).flatMap(([key, field]) => {
        if (field === undefined) return [];
        const name = `${JSON.stringify(key)}: `;
        return [`${name}${formatJson(field, { indent: indent + 2, before: name.length })}`];
      });
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${lines.map((line) => `${inner}${line}`).join(',\n')}\n${' '.repeat(indent)}${close}`;
}
