import * as v from 'valibot';

/**
 * One entry of a registry: the options a recipe may give it, and what they make. The registry's key is the name
 * that a recipe writes as `type`.
 */
export interface Choice<Entries extends v.ObjectEntries, Made> {
  readonly options: v.StrictObjectSchema<Entries, undefined>;
  readonly create: (options: v.InferOutput<v.StrictObjectSchema<Entries, undefined>>) => Made;
}

export const choice = <Entries extends v.ObjectEntries, Made>(
  entries: Entries,
  create: Choice<Entries, Made>['create'],
): Choice<Entries, Made> => ({ options: v.strictObject(entries), create });

// biome-ignore lint/suspicious/noExplicitAny: a registry holds entries of any options; each checks its own.
export type Registry<Made> = Readonly<Record<string, Choice<any, Made>>>;

/** What a recipe writes for an entry: `{ "type": "conv2d", "filters": 32 }`, or `"relu"` where it needs no options. */
export interface Spec {
  readonly type: string;
  readonly [option: string]: unknown;
}

/**
 * The schema of a {@link Spec} for one registry.
 *
 * @param shared options that every entry takes beside its own
 */
export function specSchema<Shared extends v.ObjectEntries = Record<never, never>>(
  registry: Registry<unknown>,
  shared?: Shared,
) {
  const variants = Object.entries(registry).map(([type, { options }]) =>
    v.strictObject({ type: v.literal(type), ...options.entries, ...shared }),
  );
  const expand = v.transform((spec: unknown) => (typeof spec === 'string' ? { type: spec } : spec));
  const schema = v.pipe(v.unknown(), expand, v.variant('type', variants as never));
  return schema as unknown as v.GenericSchema<
    Spec | string,
    Spec & v.InferOutput<v.StrictObjectSchema<Shared, undefined>>
  >;
}

/** Makes what a checked spec describes. */
export function create<Made>(registry: Registry<Made>, { type, ...options }: Spec): Made {
  return registry[type].create(options);
}
