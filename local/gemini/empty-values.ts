import type { JsonSchema } from './response-schema.ts';

/** Members of an enumeration that say that nobody knows, the best first. */
const UNKNOWN_MEMBERS = [
  ...['unrated', 'unknown', 'undetermined', 'unspecified', 'unclear', 'uncertain'],
  ...['not_rated', 'not_known', 'not_applicable', 'n/a'],
];
/** Those that claim little: they are verdicts all the same. */
const MODEST_MEMBERS = ['other', 'none', 'safe', 'low'];

/** The member that claims least: null, then a word for not knowing, then a modest one, then the first. */
export function emptiestMember(members: readonly unknown[]): unknown {
  if (members.includes(null)) return null;
  const found = [...UNKNOWN_MEMBERS, ...MODEST_MEMBERS].flatMap(
    (word) => members.find((member) => String(member).toLowerCase() === word) ?? [],
  );
  return found[0] ?? members[0];
}

/** Whether a value of an enumeration states something. */
export function isVerdict(member: unknown): boolean {
  return member !== null && !UNKNOWN_MEMBERS.includes(String(member).toLowerCase());
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

/** Said where something has to be said. */
const UNKNOWN = 'not known to the stand-in ';

/** The emptiest valid value of a schema that holds no others; null where it has no type. */
export function emptyScalar(schema: JsonSchema): unknown {
  switch (typeOf(schema)) {
    case 'string':
      return EMPTY_FORMATS[String(schema.format)] ?? shortestText(schema);
    case 'integer':
    case 'number':
      return numberNearestZero(schema);
    case 'boolean':
      return false;
    default:
      return null;
  }
}

function shortestText({ minLength }: JsonSchema): string {
  const length = numberOr(minLength, 0);
  return UNKNOWN.repeat(Math.ceil(length / UNKNOWN.length)).slice(0, length);
}

function numberNearestZero(schema: JsonSchema): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const from = numberOr(minimum, Number.NEGATIVE_INFINITY);
  const to = numberOr(maximum, Number.POSITIVE_INFINITY);
  const above = numberOr(exclusiveMinimum, Number.NEGATIVE_INFINITY);
  const below = numberOr(exclusiveMaximum, Number.POSITIVE_INFINITY);
  if (schema.type === 'integer') {
    const least = Math.max(Math.ceil(from), Math.floor(above) + 1);
    const most = Math.min(Math.floor(to), Math.ceil(below) - 1);
    return Math.min(most, Math.max(least, 0));
  }
  const fits = (value: number) => value >= from && value <= to && value > above && value < below;
  const least = Math.max(from, above);
  const most = Math.min(to, below);
  const candidates = [0, from, to, least + 1, most - 1, (least + most) / 2];
  return candidates.find(fits) ?? 0;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
