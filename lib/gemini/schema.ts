/**
 * The keywords that Gemini takes without fail. Bounds such as maxItems, pattern or minimum are answered
 * with a bare 400 at times (vercel/ai#21192, googleapis/python-genai#2170): they are checked here, when
 * the answer comes, and the descriptions tell the model of them.
 */
const KEPT = new Set(['type', 'format', 'title', 'description', 'enum', 'required', '$ref']);
const HOLDS_SCHEMA = new Set(['items', 'additionalProperties']);
const LISTS_OF_SCHEMAS = new Set(['anyOf', 'oneOf', 'prefixItems']);
const NAMED_SCHEMAS = new Set(['properties', '$defs']);

/** A JSON Schema without what Gemini refuses. Names of properties stay, whatever they are. */
export function toGeminiSchema(schema: unknown): unknown {
  if (!isRecord(schema)) return schema;
  const kept = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (KEPT.has(keyword)) return [[keyword, value]];
    const child = convertChild(keyword, value);
    return child === undefined ? [] : [[keyword, child]];
  });
  return Object.fromEntries(kept);
}

function convertChild(keyword: string, value: unknown): unknown {
  // `items: false`, which closes a tuple, is a bound like any other.
  if (HOLDS_SCHEMA.has(keyword) && isRecord(value)) return toGeminiSchema(value);
  if (LISTS_OF_SCHEMAS.has(keyword) && Array.isArray(value)) return value.map(toGeminiSchema);
  if (!NAMED_SCHEMAS.has(keyword) || !isRecord(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [name, toGeminiSchema(child)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
