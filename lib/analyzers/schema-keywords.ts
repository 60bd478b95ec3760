import * as z from 'zod/mini';

export type JsonSchema = Record<string, unknown>;

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bounds of a schema that a client gives. */
export const MAX_SCHEMA_CHARACTERS = 20_000;
/** Levels of schemas within schemas. */
export const MAX_SCHEMA_DEPTH = 12;
/** Schemas in it, each one that is referred to counted as often as it is. */
export const MAX_SCHEMA_NODES = 500;
export const MAX_PROPERTY_NAME_CHARACTERS = 64;
export const MAX_ENUM_VALUES = 200;
const MAX_ENUM_CHARACTERS = 200;
const MAX_TITLE_CHARACTERS = 200;
const MAX_DESCRIPTION_CHARACTERS = 2_000;
/** Most that a schema may ask for at the least, in characters and in items. */
const MAX_LEAST_CHARACTERS = 1_000;
export const MAX_LEAST_ITEMS = 100;

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'] as const;
export type TypeName = (typeof TYPES)[number];

const FORMATS = ['date-time', 'date', 'time'] as const;

interface Keyword {
  /** What may be its value, before it is looked into. */
  value: z.ZodMiniType;
  /** The types that it belongs to; absent where it belongs to all. */
  types?: readonly TypeName[];
}

const schema = z.custom<JsonSchema>(isSchema, 'has to be a schema: an object');
const schemas = z.record(z.string(), z.unknown());
const number = z.number();
const count = z.int().check(z.minimum(0));
const branches = z.array(schema).check(z.minLength(1));
const numeric = ['number', 'integer'] as const;
const text = z.string();
const typeName = z.enum(TYPES);
/** Gemini answers an empty one with a bare 400: `enum[0]: cannot be empty`. */
const value = text.check(
  z.minLength(1, 'is empty, which the model does not take'),
  z.maxLength(MAX_ENUM_CHARACTERS),
);

/**
 * What a schema may hold: the keywords that Gemini documents for `responseJsonSchema`
 * (ai.google.dev/api/generate-content#generationconfig), and the bounds that are only checked here.
 */
export const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type: {
    value: z.union([typeName, z.array(typeName)], `has to be one of ${TYPES.join(', ')}`),
  },
  title: { value: text.check(z.maxLength(MAX_TITLE_CHARACTERS)) },
  description: { value: text.check(z.maxLength(MAX_DESCRIPTION_CHARACTERS)) },
  $ref: { value: text },
  anyOf: { value: branches },
  oneOf: { value: branches },
  enum: {
    value: z
      .array(z.union([value, number, z.null()], 'has to be a string, a number or null'))
      .check(z.minLength(1), z.maxLength(MAX_ENUM_VALUES)),
    types: ['string', ...numeric],
  },
  const: {
    value: z.union([value, number], 'has to be a string or a number'),
    types: ['string', ...numeric],
  },
  format: { value: z.enum(FORMATS), types: ['string'] },
  minLength: { value: count.check(z.maximum(MAX_LEAST_CHARACTERS)), types: ['string'] },
  maxLength: { value: count, types: ['string'] },
  minimum: { value: number, types: numeric },
  maximum: { value: number, types: numeric },
  exclusiveMinimum: { value: number, types: numeric },
  exclusiveMaximum: { value: number, types: numeric },
  items: { value: schema, types: ['array'] },
  prefixItems: { value: branches, types: ['array'] },
  minItems: { value: count.check(z.maximum(MAX_LEAST_ITEMS)), types: ['array'] },
  maxItems: { value: count, types: ['array'] },
  properties: { value: schemas, types: ['object'] },
  required: { value: z.array(text), types: ['object'] },
  additionalProperties: {
    value: z.union([z.literal(false), schema], 'has to be false, or a schema'),
    types: ['object'],
  },
};

/** Only at the root: they say something of the schema as a whole. */
export const ROOT_KEYWORDS: Readonly<Record<string, Keyword>> = {
  $schema: { value: text },
  $id: { value: text },
  $defs: { value: schemas },
};

/** Why a keyword that is known elsewhere is none here. */
export const REFUSED_KEYWORDS: Readonly<Record<string, string>> = {
  pattern: 'is not checked here: say in `description` what it has to look like',
  default: 'is not filled in: make the property optional',
  nullable: 'belongs to OpenAPI: say `"type": ["string", "null"]`',
  definitions: 'has to be called `$defs`',
  allOf: 'is not taken by the model: write the properties into one schema',
  not: 'is not taken by the model',
  if: 'is not taken by the model: use `anyOf`',
  patternProperties: 'is not taken by the model: use a list of objects with a name and a value',
  multipleOf: 'is not checked here: say it in `description`',
  uniqueItems: 'is not checked here: say it in `description`',
};
