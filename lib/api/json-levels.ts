/** Lists and objects within one another in JSON of a client's, of which each step through it takes some of the stack: twice what the deepest schema needs. */
export const MAX_JSON_LEVELS = 64;

export function isTooDeep(value: unknown, levels = MAX_JSON_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}
