import type * as v from 'valibot';
import { nearest } from '../text/nearest.js';

/** The parts of a valibot schema that are looked at here; it has many kinds, told apart by these fields. */
interface AnySchema {
  readonly entries?: Readonly<Record<string, AnySchema>>;
  readonly wrapped?: AnySchema;
  readonly pipe?: readonly AnySchema[];
  readonly item?: AnySchema;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly type?: string;
  readonly getter?: (input: unknown) => AnySchema;
}

/** The schema that really checks: under optional, and at the end of a pipe. */
function core(schema: AnySchema | undefined): AnySchema | undefined {
  if (schema?.wrapped) return core(schema.wrapped);
  const last = schema?.pipe?.findLast((part) => part.entries || part.options || part.wrapped || part.pipe);
  return last && last !== schema ? core(last) : schema;
}

/** Of a schema that looks at its input first, the one that it takes. */
const settled = (schema: AnySchema | undefined, input: unknown): AnySchema | undefined =>
  schema?.getter ? settled(core(schema.getter(input)), input) : schema;

/** The members of a choice by `type`; none of another schema. */
const membersOf = (schema: AnySchema | undefined): readonly AnySchema[] =>
  schema?.type === 'variant' ? (schema.options as AnySchema[]) : [];

const typeOf = (input: unknown): unknown =>
  typeof input === 'string' ? input : (input as { type?: unknown } | null)?.type;

const nameOf = (member: AnySchema): unknown => member.entries?.type?.literal;

/** Of a choice by `type`, the member that the input names. */
function chosen(schema: AnySchema | undefined, input: unknown): AnySchema | undefined {
  const found = settled(schema, input);
  if (found?.type !== 'variant') return found;
  return membersOf(found).find((member) => nameOf(member) === typeOf(input));
}

type Path = readonly { readonly key: unknown; readonly input: unknown }[];

/** The schema of the object that the last key of a path is in. */
function holder(root: AnySchema, path: Path): AnySchema | undefined {
  let schema = core(root);
  for (const { key, input } of path.slice(0, -1)) {
    schema = chosen(schema, input);
    schema = core(typeof key === 'number' ? schema?.item : schema?.entries?.[String(key)]);
  }
  return settled(schema, path.at(-1)?.input);
}

/** The part of a recipe that a key belongs into, such as "model"; undefined for one that is in none. */
const homeOf = (root: AnySchema, key: string): string | undefined =>
  Object.entries(root.entries ?? {}).find(([, part]) => Object.hasOwn(core(part)?.entries ?? {}, key))?.[0];

/** What is wrong with a key that is not known, such as an option of another objective. */
function explainKey(root: AnySchema, path: Path, where: string): string {
  const { key, input } = path.at(-1)!;
  const schema = holder(root, path);
  const known = Object.keys(chosen(schema, input)?.entries ?? {});
  const owners = membersOf(schema).filter(({ entries }) => Object.hasOwn(entries ?? {}, String(key)));
  const home = homeOf(root, String(key));
  if (owners.length === 0 && home) return `"${where}" is not a known key here; it belongs into "${home}".`;
  if (owners.length === 0) return `"${where}" is not a known key. ${suggest(String(key), known)}`;
  const names = owners.map((owner) => `"${nameOf(owner)}"`).join(', ');
  return `"${where}" is not a key of "${typeOf(input)}"; it is one of ${names}. Known here: ${known.join(', ')}.`;
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const suggest = (word: string, known: readonly string[]): string => {
  const best = nearest(word, known);
  return `${best ? `Did you mean "${best}"? ` : ''}Known: ${known.join(', ')}.`;
};

/** `("x" | "y")` as valibot writes a choice → x, y */
const choicesIn = (expected: string): string[] =>
  [...expected.matchAll(/"([^"]*)"/g)].map((match) => match[1]);

/** Whether a choice between forms says itself what they are; valibot's own words do not name what is in a list. */
const hasOwnWords = ({ type, message }: v.BaseIssue<unknown>): boolean =>
  type === 'union' && !message.startsWith('Invalid type');

/**
 * One line for what is wrong with a recipe: the key, what was expected, what came, and the nearest known word.
 *
 * @param schema the schema that found the issue
 */
export function explainIssue(schema: unknown, issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []) as unknown as Path;
  const where = path.map(({ key }) => String(key)).join('.') || 'the recipe';
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return explainKey(schema as AnySchema, path, where);
  if (issue.type === 'strict_object' && issue.received === 'undefined') return `"${where}" is missing.`;
  const expected = issue.expected ?? '';
  const came = show(issue.input);
  if (issue.type === 'variant' && path.at(-1)?.key === 'type')
    return `"${where}" is ${came}, which is not known. ${suggest(String(issue.input), choicesIn(expected))}`;
  if (hasOwnWords(issue)) return `"${where}" is ${came}: expected ${issue.message}.`;
  const choices = choicesIn(expected);
  if (typeof issue.input === 'string' && choices.length > 0)
    return `"${where}" is ${came}, which does not fit: expected ${expected.replace(/[()]/g, '')}.`;
  return `"${where}" is ${came}: ${issue.kind === 'schema' ? `expected ${expected.replace(/[()]/g, '')}` : expectation(issue)}.`;
}

const expectation = (issue: v.BaseIssue<unknown>): string => {
  if (issue.type === 'min_length')
    return `expected a list of ${(issue as v.MinLengthIssue<[], number>).requirement} at least`;
  if (issue.type === 'integer') return 'expected a whole number';
  if (issue.type === 'regex') return issue.message;
  if (issue.type === 'check') return `expected ${issue.message}`;
  return `expected ${issue.expected ?? issue.message}`;
};
