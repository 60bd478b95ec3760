import * as z from 'zod/mini';

const made = new WeakMap<z.core.$ZodType, object>();

/** The JSON Schema that is sent with a question; made once of each, for that takes longer than all else of a question. */
export function jsonSchemaOf(schema: z.core.$ZodType): object {
  const known = made.get(schema);
  if (known) return known;
  const described = z.toJSONSchema(schema);
  made.set(schema, described);
  return described;
}
