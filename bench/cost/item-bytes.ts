/** Of an element of a list or map, and of one itself. */
const ELEMENT_BYTES = 1;
const CONTAINER_BYTES = 3;

/**
 * What the table bills an item as, in bytes: names and values, without JSON's marks.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function countItemBytes(item: object): number {
  const bytes = Object.entries(item).map(([name, value]) =>
    value === undefined ? 0 : Buffer.byteLength(name) + countValueBytes(value),
  );
  return bytes.reduce((sum, each) => sum + each, 0);
}

function countValueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).replace(/\D/g, '').length / 2) + 1;
  if (typeof value !== 'object' || value === null) return 1;
  const elements = Object.values(value).filter((each) => each !== undefined);
  const bytes = Array.isArray(value)
    ? elements.reduce((sum, each) => sum + countValueBytes(each), 0)
    : countItemBytes(value);
  return CONTAINER_BYTES + elements.length * ELEMENT_BYTES + bytes;
}
