import { findFormFaults, type LocalFault, typesOf } from './schema-form.ts';
import {
  isSchema,
  type JsonSchema,
  KEYWORDS,
  MAX_SCHEMA_CHARACTERS,
  MAX_SCHEMA_DEPTH,
  REFUSED_KEYWORDS,
  ROOT_KEYWORDS,
} from './schema-keywords.ts';
import { findNameFaults } from './schema-names.ts';
import { findReferenceFaults } from './schema-references.ts';
import { listChildren, type SchemaFault, type Steps, toPointer } from './schema-walk.ts';

/** Everything that keeps a client's schema from being asked for and checked; empty for one that is good. */
export function findSchemaFaults(schema: unknown): SchemaFault[] {
  if (!isSchema(schema)) return [{ pointer: '', message: 'has to be a JSON Schema: an object' }];
  if (JSON.stringify(schema).length > MAX_SCHEMA_CHARACTERS)
    return [{ pointer: '', message: `may have ${MAX_SCHEMA_CHARACTERS} characters` }];
  if (schema.type !== 'object')
    return [{ pointer: '/type', message: 'has to be "object": a result has named fields' }];
  const faults = findFaults(schema, [], 0);
  return faults.length > 0 ? faults : findReferenceFaults(schema);
}

function findFaults(schema: unknown, place: Steps, depth: number): SchemaFault[] {
  const locate = ([message, ...steps]: LocalFault) => ({
    pointer: toPointer([...place, ...steps]),
    message,
  });
  if (depth > MAX_SCHEMA_DEPTH) return [locate([`may be nested ${MAX_SCHEMA_DEPTH} deep`])];
  if (!isSchema(schema)) return [locate(['has to be a schema: an object'])];
  const isRoot = place.length === 0;
  const faults = findKeywordFaults(schema, isRoot);
  if (faults.length > 0) return faults.map(locate); // what is within would be misread
  const own = [...findFormFaults(schema), ...findNameFaults(schema.properties)];
  const within = listChildren(schema).flatMap(([steps, child]) =>
    findFaults(child, [...place, ...steps], depth + 1),
  );
  return [...own.map(locate), ...within];
}

function findKeywordFaults(schema: JsonSchema, isRoot: boolean): LocalFault[] {
  const known = { ...KEYWORDS, ...(isRoot && ROOT_KEYWORDS) };
  return Object.entries(schema).flatMap(([keyword, value]): LocalFault[] => {
    const rule = Object.hasOwn(known, keyword) ? known[keyword] : undefined;
    if (!rule) return [[explain(keyword), keyword]];
    const issue = rule.value.safeParse(value).error?.issues[0];
    if (issue) return [[issue.message, keyword, ...issue.path.map(String)]];
    const types = typesOf(schema);
    const fits =
      types.length === 0 || !rule.types || types.some((type) => rule.types?.includes(type));
    return fits ? [] : [[`belongs to ${rule.types?.join(', ')}`, keyword]];
  });
}

function explain(keyword: string): string {
  if (Object.hasOwn(ROOT_KEYWORDS, keyword)) return 'may stand at the root only';
  const reason = Object.hasOwn(REFUSED_KEYWORDS, keyword) ? REFUSED_KEYWORDS[keyword] : undefined;
  return reason ?? 'is not a keyword that can be used here';
}
