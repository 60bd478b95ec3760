/** By the names of tags, of whichever container; what is in them is looked at by nobody. */
const KINDS: readonly (readonly [kind: string, names: RegExp])[] = [
  ['location', /xyz|loci|location|gps|geo/i],
  ['device', /make|model|\.camera|\xa9(mak|mod)|manufacturer/i],
  ['software', /software|encoder|encoded|\xa9(too|swr|enc)|TSSE|TENC|ISFT|vendor/i],
  ['date', /date|year|\xa9day|creat|TDRC|TYER|TDAT|ICRD/i],
  ['cover', /covr|APIC|picture/i],
];

/** Which kinds of data about itself a file carries; `tags` for what is none of the known ones. */
export function nameKinds(tags: Record<string, unknown>): string[] {
  const kinds = Object.keys(tags).map(
    (name) => KINDS.find(([, names]) => names.test(name))?.[0] ?? 'tags',
  );
  return [...new Set(kinds)].sort();
}
