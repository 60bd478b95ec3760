import * as z from 'zod/mini';
import { isSchema, type JsonSchema } from './schema-keywords.ts';

/** RFC 3339's `full-time`, which names its zone. */
const FULL_TIME = /^([01]\d|2[0-3])(:[0-5]\d){2}(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * What zod checks by a schema in its plainest form (resolve-schema.ts). zod has a converter of its own, for
 * all of JSON Schema: with it a function loads three times as long.
 */
export function toZod(schema: JsonSchema): z.ZodMiniType {
  const { anyOf, enum: values } = schema;
  if (Array.isArray(anyOf)) return z.union(anyOf.map(toZod));
  if (Array.isArray(values)) return values.length > 0 ? z.literal(values) : z.never();
  if (schema.type === 'string') return toText(schema);
  if (schema.type === 'integer') return z.int().check(...listLimits(schema));
  if (schema.type === 'number') return z.number().check(...listLimits(schema));
  if (schema.type === 'boolean') return z.boolean();
  if (schema.type === 'null') return z.null();
  if (schema.type === 'array') return toList(schema);
  if (schema.type === 'object') return toObject(schema);
  throw new Error(`A schema that was checked has the type ${schema.type}`);
}

function toText(schema: JsonSchema): z.ZodMiniType {
  if (schema.format === 'date-time') return z.iso.datetime({ offset: true });
  if (schema.format === 'date') return z.iso.date();
  if (schema.format === 'time') return z.string().check(z.regex(FULL_TIME));
  return z.string().check(...listLengths(schema.minLength, schema.maxLength));
}

function toList({ prefixItems, items, minItems, maxItems }: JsonSchema): z.ZodMiniType {
  const lengths = listLengths(minItems, maxItems);
  const rest = isSchema(items) ? toZod(items) : undefined;
  const least = typeof minItems === 'number' ? minItems : 0;
  const places = Array.isArray(prefixItems) ? prefixItems : [];
  const [first, ...others] = places.map((one, index) =>
    index < least ? toZod(one) : z.optional(toZod(one)),
  );
  if (!first) return z.array(rest ?? z.unknown()).check(...lengths);
  const tuple = rest ? z.tuple([first, ...others], rest) : z.tuple([first, ...others]);
  return tuple.check(...lengths);
}

function toObject({ properties, required, additionalProperties }: JsonSchema): z.ZodMiniType {
  const wanted = Array.isArray(required) ? required : [];
  const own = Object.entries(isSchema(properties) ? properties : {}).map(([name, one]) => {
    const part = isSchema(one) ? toZod(one) : z.unknown();
    return [name, wanted.includes(name) ? part : z.optional(part)];
  });
  const shape: Record<string, z.ZodMiniType> = Object.fromEntries(own);
  return isSchema(additionalProperties)
    ? z.catchall(z.object(shape), toZod(additionalProperties))
    : z.strictObject(shape);
}

function listLengths(least: unknown, most: unknown) {
  return [
    ...(typeof least === 'number' ? [z.minLength(least)] : []),
    ...(typeof most === 'number' ? [z.maxLength(most)] : []),
  ];
}

function listLimits({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema) {
  return [
    ...(typeof minimum === 'number' ? [z.minimum(minimum)] : []),
    ...(typeof maximum === 'number' ? [z.maximum(maximum)] : []),
    ...(typeof exclusiveMinimum === 'number' ? [z.gt(exclusiveMinimum)] : []),
    ...(typeof exclusiveMaximum === 'number' ? [z.lt(exclusiveMaximum)] : []),
  ];
}
