import * as z from 'zod/mini';
import { toZod } from './schema-check.ts';
import { isSchema, type JsonSchema } from './schema-keywords.ts';

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
