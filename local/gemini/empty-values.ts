import type { JsonSchema } from './response-schema.ts';

/** Members of an enumeration that claim nothing, the best first. */
const EMPTY_MEMBERS = ['unknown', 'none', 'not_applicable', 'unclear', 'other', 'safe', 'low'];

/** The member that claims least: null, then a word for not knowing, then the first. */
export function emptiestMember(members: readonly unknown[]): unknown {
  if (members.includes(null)) return null;
  for (const word of EMPTY_MEMBERS) {
    const found = members.find((member) => String(member).toLowerCase() === word);
    if (found !== undefined) return found;
  }
  return members[0];
}

/** `null` claims least; else a scalar or a list before an object. */
export function simplestBranch(branches: readonly JsonSchema[]): JsonSchema {
  const ofType = (wanted: (type: unknown) => boolean): JsonSchema | undefined =>
    branches.find((branch) => wanted(typeOf(branch)));
  return (
    ofType((type) => type === 'null') ?? ofType((type) => type !== 'object') ?? branches[0] ?? {}
  );
}

/** The type of a schema, written out or told by its other keywords. */
export function typeOf({ type, properties, items }: JsonSchema): unknown {
  if (type !== undefined) return type;
  if (properties !== undefined) return 'object';
  return items === undefined ? undefined : 'array';
}

const EMPTY_FORMATS: Readonly<Record<string, string>> = {
  'date-time': '1970-01-01T00:00:00Z',
  date: '1970-01-01',
  time: '00:00:00Z',
};

/** The emptiest valid value of a schema that is no object; null where it has no type. */
export function emptyScalar(schema: JsonSchema): unknown {
  switch (typeOf(schema)) {
    case 'string':
      return EMPTY_FORMATS[String(schema.format)] ?? '';
    case 'integer':
    case 'number':
      return numberNearestZero(schema);
    case 'boolean':
      return false;
    case 'array':
      return [];
    default:
      return null;
  }
}

function numberNearestZero({ type, minimum, maximum }: JsonSchema): number {
  if (typeof minimum === 'number' && minimum > 0) {
    return type === 'integer' ? Math.ceil(minimum) : minimum;
  }
  if (typeof maximum === 'number' && maximum < 0) {
    return type === 'integer' ? Math.floor(maximum) : maximum;
  }
  return 0;
}
