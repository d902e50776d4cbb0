import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { layerSpec } from '../layers/index.js';
import { recipeSchema } from './recipe.js';

/** The parts of a valibot schema that decide how a file is written. */
interface AnySchema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, AnySchema>>;
  readonly wrapped?: AnySchema;
  readonly item?: AnySchema;
  readonly pipe?: readonly AnySchema[];
  readonly options?: readonly AnySchema[];
  readonly getter?: (input: unknown) => AnySchema;
  readonly literal?: string;
}

/** Names of a registry's entries that need no options, so that the name alone is enough. */
function bareNames(variants: readonly AnySchema[]): string[] {
  const needsNothing = ({ type: _, ...options }: Readonly<Record<string, AnySchema>>) =>
    Object.values(options).every(({ type }) => type === 'optional');
  return variants.flatMap(({ entries = {} }) => (needsNothing(entries) ? [entries.type.literal!] : []));
}

/** `{ "type": "conv2d", … }`, or a name alone: what `specSchema` takes. */
function spec(variants: readonly AnySchema[]): AnySchema {
  const names = bareNames(variants);
  const full = v.union(variants.map(written) as never);
  return (names.length > 0 ? v.union([v.picklist(names), full]) : full) as unknown as AnySchema;
}

/** The schema of what people write, where that differs from what the recipe becomes. */
function written(schema: AnySchema): AnySchema {
  const { getter, pipe, entries, wrapped, item } = schema;
  if (isLayer(schema)) return layerReference;
  // A number, or a schedule: what `scheduleSchema` looks at its input to choose from.
  if (getter) return v.union([written(getter(0)), written(getter({}))] as never) as unknown as AnySchema;
  const variant = schema.type === 'variant' ? schema : pipe?.find(({ type }) => type === 'variant');
  if (variant) return spec(variant.options!);
  // The choice may be deeper, under rules that JSON Schema has no words for.
  const inner = pipe?.find((part) => part !== schema && part.pipe?.some(({ type }) => type === 'variant'));
  if (inner) return written(inner);
  if (entries) {
    const fields = Object.entries(entries).map(([key, field]) => [key, written(field)]);
    return { ...schema, entries: Object.fromEntries(fields) };
  }
  if (wrapped) return { ...schema, wrapped: written(wrapped) };
  // A list with a rule about its length is the first part of a pipe.
  if (item && pipe) return { ...schema, pipe: [written(pipe[0]), ...pipe.slice(1)] };
  return item ? { ...schema, item: written(item) } : schema;
}

const variantsOf = ({ pipe = [] }: AnySchema) => pipe.find(({ type }) => type === 'variant')!.options!;

/** Layers may hold layers, so that the JSON Schema has one definition of them, to which everything refers. */
const layer = layerSpec as unknown as AnySchema;
const isLayer = (schema: AnySchema): boolean => schema === layer || schema.getter?.({}) === layer;
const layerReference = v.lazy(() => writtenLayer as never) as unknown as AnySchema;
const writtenLayer = spec(variantsOf(layer));

/** The JSON Schema of a recipe file, with which editors complete and check one. */
export const recipeJsonSchema = (): JsonSchema => ({
  title: 'A VAE and its training',
  ...toJsonSchema(written(recipeSchema as unknown as AnySchema) as never, {
    typeMode: 'input',
    definitions: { layer: writtenLayer as never },
    // Rules that JSON Schema has no words for, such as those between two keys, are left to the trainer.
    errorMode: 'ignore',
  }),
  // A rule between two keys; editors understand this one.
  anyOf: [{ required: ['epochs'] }, { required: ['steps'] }],
});
