import { isSchema, type JsonSchema } from './schema-keywords.ts';

/** What is wrong with a schema, and where: a JSON Pointer (RFC 6901) into it. */
export interface SchemaFault {
  pointer: string;
  message: string;
}

export type Steps = readonly (string | number)[];

export function toPointer(steps: Steps): string {
  const encode = (step: string) => step.replaceAll('~', '~0').replaceAll('/', '~1');
  return steps.map((step) => `/${encode(String(step))}`).join('');
}

type Child = [steps: Steps, schema: unknown];

/** The schemas within a schema, each with the steps that lead to it. */
export function listChildren(schema: JsonSchema): Child[] {
  const named = (['properties', '$defs'] as const).flatMap((keyword) => {
    const group = schema[keyword];
    return isSchema(group)
      ? Object.entries(group).map(([name, child]): Child => [[keyword, name], child])
      : [];
  });
  const listed = (['anyOf', 'oneOf', 'prefixItems'] as const).flatMap((keyword) => {
    const group = schema[keyword];
    return Array.isArray(group)
      ? group.map((child, index): Child => [[keyword, index], child])
      : [];
  });
  const single = (['items', 'additionalProperties'] as const).flatMap((keyword): Child[] =>
    isSchema(schema[keyword]) ? [[[keyword], schema[keyword]]] : [],
  );
  return [...named, ...listed, ...single];
}
