/** A value as the table's protocol writes it: `{S: 'text'}`, `{N: '1'}`, … */
export type AttributeValue = Record<string, unknown>;

export type Item = Record<string, unknown>;

/**
 * Magnitudes of the table's numbers, 0 apart: from the first, below the second. Its 38 digits are more than any
 * number of JavaScript has.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
 */
const SMALLEST_NUMBER = 1e-130;
const ABOVE_LARGEST_NUMBER = 1e126;

/** Whether all numbers in it are ones that the table takes: of free JSON, any number may come. */
export function fitsTable(value: unknown): boolean {
  if (typeof value === 'number') return isTableNumber(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(fitsTable);
}

function isTableNumber(value: number): boolean {
  const magnitude = Math.abs(value);
  return value === 0 || (magnitude >= SMALLEST_NUMBER && magnitude < ABOVE_LARGEST_NUMBER);
}

/** Of plain data; what is undefined is left out, as JSON leaves it out. Throws for what has no place in a table. */
export function toAttributes(item: Item): Record<string, AttributeValue> {
  const given = Object.entries(item).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, toAttribute(value)]));
}

function toAttribute(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number' && isTableNumber(value)) return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value === null) return { NULL: true };
  if (Array.isArray(value))
    return { L: value.filter((each) => each !== undefined).map(toAttribute) };
  if (isPlain(value)) return { M: toAttributes(value) };
  throw new Error(`A ${typeof value} cannot be stored: ${String(value)}`);
}

export function fromAttributes(attributes: object): Item {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, fromAttribute(value)]),
  );
}

function fromAttribute(attribute: object): unknown {
  const [[type, value] = []] = Object.entries(attribute);
  if (type === 'N') return Number(value);
  if (type === 'L') return value.map(fromAttribute);
  if (type === 'M') return fromAttributes(value);
  return type === 'NULL' ? null : value;
}

/** By its prototype, for a client's map may have an entry named `constructor`. */
function isPlain(value: unknown): value is Item {
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}
