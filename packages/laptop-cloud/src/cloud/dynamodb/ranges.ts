// Where dynalite puts things: `table~NAME`, `item-NAME~KEY`, `tag-NAME~KEY`, `index-global~NAME~INDEX~KEY`.
const RANGE_END = '\xff';

export function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: prefix + RANGE_END };
}

export function itemRange(table: string) {
  return rangeOf(`item-${table}~`);
}
