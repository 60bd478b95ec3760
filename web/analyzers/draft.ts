import type { Analyzer } from '@sightline/client';

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

/** What a built-in one starts with where its options decide what is answered. */
const BEGINNINGS: Record<string, unknown> = {
  classify: {
    type: 'object',
    properties: {
      label: { type: ['string', 'null'], enum: ['receipt', 'photo', 'screenshot', null] },
      reason: { type: 'string' },
    },
    required: ['label', 'reason'],
  },
  extract: {
    type: 'object',
    properties: { total: { type: 'number' }, date: { type: 'string' } },
    required: ['total', 'date'],
  },
};

/** An analyzer of one's own that begins as another one is. */
export function draftFrom({ name, description, prompt, schema }: Analyzer): Draft {
  return {
    name: `my-${name}`,
    prompt: prompt ?? description ?? '',
    schema: printSchema(schema ?? BEGINNINGS[name] ?? JSON.parse(EMPTY_DRAFT.schema)),
  };
}

/** What a field of a result can be, for who does not write JSON Schema. */
const FIELD_KINDS = {
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
