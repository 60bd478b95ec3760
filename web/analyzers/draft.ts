/** What is written of an analyzer before it is one. */
export interface Draft {
  name: string;
  prompt: string;
  /** JSON, or on the way to it. */
  schema: string;
}

export const EMPTY_DRAFT: Draft = {
  name: '',
  prompt: '',
  schema: printSchema({ type: 'object', properties: {}, required: [] }),
};

/** What a field of a result can be, for who does not write JSON Schema. */
export const FIELD_KINDS = {
  text: { type: 'string' },
  number: { type: 'number' },
  whole: { type: 'integer' },
  yesNo: { type: 'boolean' },
  texts: { type: 'array', items: { type: 'string' } },
} as const;
export type FieldKind = keyof typeof FIELD_KINDS;

export function printSchema(schema: unknown): string {
  return JSON.stringify(schema, null, 2);
}

/** The schema with one field more, which every result has; undefined where the text is no object's schema yet. */
export function addField(schema: string, name: string, kind: FieldKind): string | undefined {
  const parsed = parse(schema);
  if (!isRecord(parsed)) return undefined;
  const properties = isRecord(parsed.properties) ? parsed.properties : {};
  const required = Array.isArray(parsed.required) ? parsed.required : [];
  return printSchema({
    ...parsed,
    type: 'object',
    properties: { ...properties, [name]: FIELD_KINDS[kind] },
    required: [...new Set([...required, name])],
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
