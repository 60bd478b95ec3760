import { refuse } from './refusal.ts';

export type JsonSchema = Record<string, unknown>;

/**
 * What may stand in a response schema: https://ai.google.dev/gemini-api/docs/structured-output, less
 * minItems and maxItems, which real requests were refused for. `$schema` stands in Google's own
 * examples; `nullable` belongs to the older OpenAPI form.
 */
const KEYWORDS = new Set([
  ...['$schema', '$id', '$defs', '$ref', '$anchor', 'type', 'format', 'title', 'description'],
  ...['enum', 'items', 'prefixItems', 'minimum', 'maximum', 'anyOf', 'oneOf', 'properties'],
  ...['additionalProperties', 'required', 'propertyOrdering', 'nullable'],
]);

/** Deeper schemas are refused by Google too; the bound is this stand-in's own. */
const MAX_DEPTH = 32;

/** Throws a bare 400, as Google does, where the schema holds a keyword it does not take. */
export function checkResponseSchema(schema: unknown, depth = 0): void {
  if (typeof schema === 'boolean') return;
  if (!isSchema(schema) || depth > MAX_DEPTH) throw refuseSchema();
  if (Object.keys(schema).some((keyword) => !KEYWORDS.has(keyword))) throw refuseSchema();
  for (const child of childrenOf(schema)) checkResponseSchema(child, depth + 1);
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function childrenOf(schema: JsonSchema): unknown[] {
  const { properties, $defs, items, additionalProperties, anyOf, oneOf, prefixItems } = schema;
  return [
    ...[properties, $defs].flatMap((named) => (isSchema(named) ? Object.values(named) : [])),
    ...[anyOf, oneOf, prefixItems].flatMap((list) => (Array.isArray(list) ? list : [])),
    ...[items, additionalProperties].filter((one) => one !== undefined),
  ];
}

function refuseSchema(): Error {
  return refuse(400, 'Request contains an invalid argument.');
}

/** The older OpenAPI form (`STRING`, `nullable`) as JSON Schema; JSON Schema comes back as it is. */
export function toJsonSchema(schema: JsonSchema): JsonSchema {
  const { nullable, ...rest } = schema;
  const plain = Object.fromEntries(
    Object.entries(rest).map(([keyword, value]) => [keyword, convert(keyword, value)]),
  );
  return nullable === true ? { anyOf: [plain, { type: 'null' }] } : plain;
}

function convert(keyword: string, value: unknown): unknown {
  if (keyword === 'type' && typeof value === 'string') return value.toLowerCase();
  if (keyword === 'properties' || keyword === '$defs') {
    if (!isSchema(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, convertOne(one)]));
  }
  if (['anyOf', 'oneOf', 'prefixItems'].includes(keyword) && Array.isArray(value)) {
    return value.map(convertOne);
  }
  return keyword === 'items' || keyword === 'additionalProperties' ? convertOne(value) : value;
}

function convertOne(schema: unknown): unknown {
  return isSchema(schema) ? toJsonSchema(schema) : schema;
}
