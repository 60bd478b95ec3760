import * as z from 'zod';

export type JsonObject = Record<string, unknown>;

/** Writes zod schemas as JSON Schema, with those that have an id in one place, by reference. */
export function createComponents() {
  const schemas: Record<string, unknown> = {};
  return {
    /** As a client may send it, and as it has to take it: a field more is no fault. */
    write(schema: z.core.$ZodType): JsonObject {
      const {
        $schema: _,
        $defs = {},
        ...written
      } = z.toJSONSchema(schema, {
        io: 'input',
        unrepresentable: 'any',
        override: ({ jsonSchema }) => void delete jsonSchema.id,
      });
      Object.assign(schemas, point($defs));
      return point(written);
    },
    schemas: () => schemas,
  };
}

function point(schema: object): JsonObject {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text);
}
