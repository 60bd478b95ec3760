import type { JsonSchema } from './schema-keywords.ts';

/** A fault's message, and the steps to where it stands. */
type BoundFault = [message: string, ...steps: (string | number)[]];

/** The bounds that are checked here and never sent: Gemini answers them with a bare 400 at times. */
export const BOUNDS = [
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
] as const;

/** What no value could be: an answer that cannot be right would be asked for and paid again. */
export function findBoundFaults(schema: JsonSchema): BoundFault[] {
  const values = schema.const === undefined ? schema.enum : [schema.const];
  if (Array.isArray(values)) return findValueFaults(schema, values);
  const lengths = schema.minLength ?? schema.maxLength;
  if (schema.format !== undefined && lengths !== undefined)
    return [['has a length already: leave out minLength and maxLength', 'format']];
  if (isEmpty(schema.minLength, schema.maxLength)) return [['is below minLength', 'maxLength']];
  if (isEmpty(schema.minItems, schema.maxItems)) return [['is below minItems', 'maxItems']];
  return [...findRangeFaults(schema), ...findTupleFaults(schema)];
}

function findValueFaults(schema: JsonSchema, values: readonly unknown[]): BoundFault[] {
  const keyword = schema.enum === undefined ? 'const' : 'enum';
  const beside = [...BOUNDS, 'format', keyword === 'enum' ? 'const' : 'enum'];
  const stray = beside.find((name) => schema[name] !== undefined);
  if (stray) return [[`says nothing beside \`${keyword}\``, stray]];
  const types = [schema.type ?? guessType(values)].flat();
  const wrong = values.findIndex((value) => !types.some((type) => isOfType(value, type)));
  if (wrong < 0) return [];
  const place = keyword === 'enum' ? [wrong] : [];
  return [[`is not of the type ${types.join(' or ')}`, keyword, ...place]];
}

/** The type of values without one: that of the first; null may stand among them. */
export function guessType(values: readonly unknown[]): string[] {
  const first = values.find((value) => value !== null);
  return [
    typeof first === 'number' ? 'number' : 'string',
    ...(values.includes(null) ? ['null'] : []),
  ];
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function findRangeFaults(schema: JsonSchema): BoundFault[] {
  const { least, most, isOpen } = rangeOf(schema);
  const name = schema.maximum === undefined ? 'exclusiveMaximum' : 'maximum';
  const isInteger = [schema.type].flat().includes('integer');
  const hasNone = least > most || (isOpen && !isInteger && least === most);
  return hasNone ? [['leaves no number to choose', name]] : [];
}

/** The numbers that are within the bounds; of integers, the first and the last one itself. */
function rangeOf({ type, ...schema }: JsonSchema) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const above = numberOr(exclusiveMinimum, Number.NEGATIVE_INFINITY);
  const below = numberOr(exclusiveMaximum, Number.POSITIVE_INFINITY);
  const from = numberOr(minimum, Number.NEGATIVE_INFINITY);
  const to = numberOr(maximum, Number.POSITIVE_INFINITY);
  const least = Math.max(above, from);
  const most = Math.min(below, to);
  const isOpen =
    above >= from && Number.isFinite(above) ? true : below <= to && Number.isFinite(below);
  if (![type].flat().includes('integer')) return { least, most, isOpen };
  return {
    least: Math.max(Math.ceil(from), Math.floor(above) + 1),
    most: Math.min(Math.floor(to), Math.ceil(below) - 1),
    isOpen,
  };
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function isEmpty(least: unknown, most: unknown): boolean {
  return typeof least === 'number' && typeof most === 'number' && least > most;
}

/** After the named places of a tuple nothing comes, unless `items` says what. */
function findTupleFaults({ prefixItems, items, minItems }: JsonSchema): BoundFault[] {
  const isClosed = Array.isArray(prefixItems) && items === undefined;
  return isClosed && isEmpty(minItems, prefixItems.length)
    ? [['is more than `prefixItems` has', 'minItems']]
    : [];
}
