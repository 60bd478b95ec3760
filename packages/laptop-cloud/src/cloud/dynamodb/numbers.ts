import type { Item } from './dynalite.ts';

const MAX_DIGITS = 38;
const MAX_EXPONENT = 125;
const MIN_EXPONENT = -130;

/** What DynamoDB says of a sum that it cannot hold, also where only its digits are too many. */
export const NUMBER_OVERFLOW =
  'Number overflow. Attempting to store a number with magnitude larger than supported range';

/** Whether the item holds a number that DynamoDB could not: dynalite checks what is sent, and no sum of it. */
export function hasForeignNumber(item: Item): boolean {
  return Object.values(item).some(isForeign);
}

function isForeign(attribute: unknown): boolean {
  if (typeof attribute !== 'object' || attribute === null) return false;
  return Object.entries(attribute).some(([type, value]) => {
    if (type === 'N') return !isInRange(String(value));
    if (type === 'NS' && Array.isArray(value)) return !value.every((each) => isInRange(`${each}`));
    if (type === 'L' || type === 'M') return Object.values(Object(value)).some(isForeign);
    return false;
  });
}

/** `plain`: digits alone, as dynalite stores a number, with a point where it is not a whole one. */
function isInRange(plain: string): boolean {
  const [whole = '', fraction = ''] = plain.replace('-', '').split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const exponent = digits.length - fraction.length - 1;
  if (significant === '') return true;
  return significant.length <= MAX_DIGITS && exponent <= MAX_EXPONENT && exponent >= MIN_EXPONENT;
}
