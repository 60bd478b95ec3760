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

/** A check for answers by a resolved schema, which first leaves out what nobody asked for. */
export function createAnswerCheck(schema: JsonSchema) {
  const checks = new Map<JsonSchema, z.ZodMiniType>();
  const checkOf = (one: JsonSchema): z.ZodMiniType => {
    const known = checks.get(one) ?? toZod(one);
    checks.set(one, known);
    return known;
  };
  return z.pipe(
    z.pipe(
      z.transform((answer: unknown) => dropUnasked(schema, answer, checkOf)),
      checkOf(schema),
    ),
    z.record(z.string(), z.unknown()),
  );
}

/** Of several schemas, an answer is taken for the first that it fits. */
function dropUnasked(
  schema: unknown,
  value: unknown,
  checkOf: (schema: JsonSchema) => z.ZodMiniType,
): unknown {
  if (typeof value === 'string') return value.toWellFormed(); // half a surrogate pair is not storable
  if (!isSchema(schema)) return value;
  const within = (one: unknown, part: unknown) => dropUnasked(one, part, checkOf);
  const { anyOf, prefixItems, items, properties, additionalProperties } = schema;
  if (Array.isArray(anyOf)) {
    for (const branch of anyOf) {
      const part = within(branch, value);
      if (checkOf(branch).safeParse(part).success) return part;
    }
    return value;
  }
  if (Array.isArray(value)) {
    const places = Array.isArray(prefixItems) ? prefixItems : [];
    return value.map((part, index) => within(places[index] ?? items, part));
  }
  if (!isSchema(value)) return value;
  const asked = Object.entries(value).flatMap(([name, part]) => {
    const own = isSchema(properties) && Object.hasOwn(properties, name) && properties[name];
    const one = own || additionalProperties;
    return isSchema(one) ? [[name, within(one, part)]] : [];
  });
  return Object.fromEntries(asked);
}
